-- Money is integer minor units. Times are milliseconds since the epoch, UTC.

CREATE TABLE merchants (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- The key itself is nowhere; key_hash is its SHA-256 in lower-case hex.
CREATE TABLE api_keys (
  key_hash TEXT PRIMARY KEY NOT NULL CHECK (length(key_hash) = 64),
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  scope TEXT NOT NULL CHECK (scope IN ('secret', 'publishable')),
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;

CREATE TABLE checkouts (
  id TEXT PRIMARY KEY NOT NULL,
  merchant_id TEXT NOT NULL REFERENCES merchants (id),
  merchant_name TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  invoice TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  description TEXT,
  return_url TEXT,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL CHECK (expires_at_ms > created_at_ms)
) STRICT;

-- What was paid for. A row exists from the moment of fulfilment, together with its ledger entry.
CREATE TABLE orders (
  payment_id TEXT PRIMARY KEY NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  invoice TEXT,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  status TEXT NOT NULL CHECK (status IN ('fulfilled')),
  fulfilled_via TEXT NOT NULL CHECK (fulfilled_via IN ('qstash', 'outbox', 'sweep')),
  fulfilled_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX orders_by_invoice ON orders (merchant_id, mode, invoice);

-- Double entry, append-only. The id derives from what happened, so that posting it twice posts it once.
CREATE TABLE ledger_entries (
  id TEXT PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('deposit')),
  payment_id TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt BETWEEN 1 AND 255),
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  gateway TEXT NOT NULL,
  reference TEXT NOT NULL,
  occurred_at_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  UNIQUE (gateway, reference, kind)
) STRICT;

CREATE TABLE ledger_postings (
  entry_id TEXT NOT NULL REFERENCES ledger_entries (id),
  direction TEXT NOT NULL CHECK (direction IN ('debit', 'credit')),
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  PRIMARY KEY (entry_id, direction, account, currency)
) STRICT;

CREATE INDEX ledger_postings_by_account ON ledger_postings (account, currency);

-- INVARIANT (I5): history is never rewritten. A mistake is corrected by another entry.
CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;

CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;

CREATE TRIGGER ledger_postings_no_update BEFORE UPDATE ON ledger_postings
BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;

CREATE TRIGGER ledger_postings_no_delete BEFORE DELETE ON ledger_postings
BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;

-- Must be empty at all times: an entry without postings, or whose debits and credits differ in some currency.
CREATE VIEW ledger_imbalance AS
SELECT
  e.id AS entry_id,
  p.currency AS currency,
  coalesce(sum(CASE p.direction WHEN 'debit' THEN p.amount_minor ELSE -p.amount_minor END), 0) AS difference_minor,
  count(p.entry_id) AS postings
FROM ledger_entries e
LEFT JOIN ledger_postings p ON p.entry_id = e.id
GROUP BY e.id, p.currency
HAVING difference_minor <> 0 OR postings = 0;

-- Verified callbacks about nothing that we know. For people; no phone number is in a verdict.
CREATE TABLE unmatched_callbacks (
  body_sha256 TEXT PRIMARY KEY NOT NULL,
  reason TEXT NOT NULL,
  gateway TEXT NOT NULL,
  operation TEXT NOT NULL,
  authentic TEXT NOT NULL,
  reference TEXT NOT NULL,
  outcome TEXT NOT NULL,
  amount_minor TEXT,
  currency TEXT,
  received_at_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;
