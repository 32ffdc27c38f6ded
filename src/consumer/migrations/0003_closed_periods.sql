-- Old rows may leave D1 for a file (docs/capacity.md), and nothing else may be the less for it: balances stay what they were,
-- and nothing is posted twice. Four things see to that, whatever program does the moving.

-- 1. A period is closed before anything of it leaves. A second posting of an old payment would find no first one to meet, so
--    it is refused: the fulfilment fails loudly, and people look.
CREATE TABLE ledger_closed (
  before_ms INTEGER PRIMARY KEY NOT NULL,
  closed_at_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER ledger_entries_period_is_open BEFORE INSERT ON ledger_entries
WHEN NEW.occurred_at_ms < (SELECT max(before_ms) FROM ledger_closed)
BEGIN SELECT RAISE(ABORT, 'the period of this entry is closed'); END;

CREATE TRIGGER ledger_closed_no_update BEFORE UPDATE ON ledger_closed
BEGIN SELECT RAISE(ABORT, 'ledger_closed is append-only'); END;

CREATE TRIGGER ledger_closed_no_delete BEFORE DELETE ON ledger_closed
BEGIN SELECT RAISE(ABORT, 'ledger_closed is append-only'); END;

-- 2. Where the rows went: one row for each file, from when it was written and read back.
CREATE TABLE archives (
  name TEXT PRIMARY KEY NOT NULL,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  lines INTEGER NOT NULL CHECK (lines > 0),
  before_ms INTEGER NOT NULL REFERENCES ledger_closed (before_ms),
  created_at_ms INTEGER NOT NULL
) STRICT;

-- The entries that such a file holds and that are about to go; empty but inside the transaction that removes them.
CREATE TABLE archived_entries (
  entry_id TEXT PRIMARY KEY NOT NULL,
  archive TEXT NOT NULL REFERENCES archives (name)
) STRICT, WITHOUT ROWID;

-- 3. Append-only as before, but for entries of a closed period that an archive is known to hold.
DROP TRIGGER ledger_entries_no_delete;
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
WHEN NOT EXISTS (SELECT 1 FROM archived_entries WHERE entry_id = OLD.id)
  OR NOT coalesce(OLD.occurred_at_ms < (SELECT max(before_ms) FROM ledger_closed), FALSE)
BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;

DROP TRIGGER ledger_postings_no_delete;
CREATE TRIGGER ledger_postings_no_delete BEFORE DELETE ON ledger_postings
WHEN NOT EXISTS (SELECT 1 FROM archived_entries WHERE entry_id = OLD.entry_id)
BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;

-- 4. INVARIANT (I5): a posting that leaves is added to what is carried forward, in the same statement. Nobody can forget it.
CREATE TABLE ledger_carried (
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  debit_minor INTEGER NOT NULL CHECK (debit_minor >= 0),
  credit_minor INTEGER NOT NULL CHECK (credit_minor >= 0),
  PRIMARY KEY (mode, account, currency)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_postings_carried AFTER DELETE ON ledger_postings
BEGIN
  INSERT INTO ledger_carried (mode, account, currency, debit_minor, credit_minor)
  SELECT e.mode, OLD.account, OLD.currency,
    iif(OLD.direction = 'debit', OLD.amount_minor, 0), iif(OLD.direction = 'credit', OLD.amount_minor, 0)
  FROM ledger_entries e WHERE e.id = OLD.entry_id
  ON CONFLICT (mode, account, currency) DO UPDATE SET
    debit_minor = debit_minor + excluded.debit_minor, credit_minor = credit_minor + excluded.credit_minor;
END;

-- What each account holds: carried forward, and posted since.
CREATE VIEW ledger_balances AS
SELECT mode, account, currency, sum(debit_minor) AS debit_minor, sum(credit_minor) AS credit_minor
FROM (
  SELECT mode, account, currency, debit_minor, credit_minor FROM ledger_carried
  UNION ALL
  SELECT e.mode, p.account, p.currency,
    iif(p.direction = 'debit', p.amount_minor, 0), iif(p.direction = 'credit', p.amount_minor, 0)
  FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
)
GROUP BY mode, account, currency;

-- Must be empty at all times, for what is carried forward as well.
DROP VIEW ledger_imbalance;
CREATE VIEW ledger_imbalance AS
SELECT
  e.id AS entry_id,
  p.currency AS currency,
  coalesce(sum(CASE p.direction WHEN 'debit' THEN p.amount_minor ELSE -p.amount_minor END), 0) AS difference_minor,
  count(p.entry_id) AS postings
FROM ledger_entries e
LEFT JOIN ledger_postings p ON p.entry_id = e.id
GROUP BY e.id, p.currency
HAVING difference_minor <> 0 OR postings = 0
UNION ALL
SELECT 'carried forward, ' || mode, currency, sum(debit_minor) - sum(credit_minor), count(*)
FROM ledger_carried
GROUP BY mode, currency
HAVING sum(debit_minor) <> sum(credit_minor);
