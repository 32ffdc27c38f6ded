#!/bin/sh
# Runs before `npm start` and `npm test`, so that nothing has to precede them but having npm.
# Installs the locked dependencies when they are missing or the lockfile has changed.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.lango-installed
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  echo "Installing dependencies (once; about half a minute) ..."
  # npm puts node_modules/.bin first: it would run on the very Node that it is about to replace.
  PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v 'node_modules/\.bin' | tr '\n' ':') npm ci
  cp package-lock.json "$stamp"
fi
