-- What is left of an endpoint that its shop removed, for ever. Its id derives from the request's Idempotency-Key, so it may be made
-- again under the same id; it must not get a secret that it had, nor be disabled under the id of an event that was told.
CREATE TABLE removed_webhook_endpoints (
  id TEXT PRIMARY KEY NOT NULL,
  secret_version INTEGER NOT NULL,
  times_disabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
