-- What shops are told. An event is written once, in the transaction that makes it true (a success: with its ledger entry), and so is
-- the work of telling it: a row for each endpoint that wants it. Nothing has to be remembered between the two.

-- The id derives from what happened, so that telling it twice tells it once. `seq` is the order in which events became visible: one
-- writer commits one after the other, so whoever has read up to a number has missed nothing before it. AUTOINCREMENT, because a number
-- must not come back when old rows are deleted.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  -- What it is about: a payment, or an endpoint.
  subject TEXT NOT NULL,
  -- The JSON that is signed and sent, to the byte. Phone numbers are masked in it.
  body TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- In each entry the seq comes last: lists walk it.
CREATE INDEX events_by_merchant ON events (merchant_id, mode);

-- No secret: it is derived from the deployment's key, the id and the version. Until `previous_until_ms` the version before it signs too.
CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  url TEXT NOT NULL,
  description TEXT,
  -- JSON list; NULL: all of them.
  event_types TEXT,
  status TEXT NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
  disabled_reason TEXT,
  disabled_at_ms INTEGER,
  times_disabled INTEGER NOT NULL DEFAULT 0,
  secret_version INTEGER NOT NULL DEFAULT 1,
  previous_until_ms INTEGER NOT NULL DEFAULT 0,
  -- Since when nothing but failures; NULL: the last try was a success.
  failing_since_ms INTEGER,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_endpoints_by_merchant ON webhook_endpoints (merchant_id, mode, created_at_ms);

-- One event on its way to one endpoint.
--   pending      a try is due or under way
--   queued       waits for the one before it: events that were held go out in order
--   held         the endpoint is disabled
--   applied      2xx, and the shop said that it had applied it
--   unconfirmed  2xx, and nothing was said
--   failed       every try was in vain
CREATE TABLE webhook_deliveries (
  event_seq INTEGER NOT NULL,
  endpoint_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'queued', 'held', 'applied', 'unconfirmed', 'failed')),
  -- Grows with each resending; tries are counted anew in each.
  round INTEGER NOT NULL DEFAULT 1,
  -- The next try, or the one under way, or the last.
  try INTEGER NOT NULL DEFAULT 1,
  -- When it was let go from the queue, the next one follows it.
  in_order INTEGER NOT NULL DEFAULT 0 CHECK (in_order IN (0, 1)),
  -- When the next try is due; NULL when none is.
  due_at_ms INTEGER,
  -- Somebody is at it until then.
  lease_until_ms INTEGER NOT NULL DEFAULT 0,
  started_at_ms INTEGER NOT NULL,
  last_tried_at_ms INTEGER,
  last_status INTEGER,
  last_error TEXT,
  PRIMARY KEY (event_seq, endpoint_id)
) STRICT, WITHOUT ROWID;

-- What is not over, by endpoint in order. Empty but for what is under way.
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (endpoint_id, event_seq) WHERE status IN ('pending', 'queued', 'held');
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at_ms) WHERE due_at_ms IS NOT NULL;
