-- The ledger in full (docs/ledger.md): more kinds of entries than deposits, a digest in each, and batches that chain them.
--
-- The tables of entries and postings are made anew, since a CHECK cannot be taken away. What hangs on them goes first and
-- comes back below, as it was in 0001 and 0003 and with what is new.
DROP VIEW ledger_balances;
DROP VIEW ledger_imbalance;
DROP TRIGGER ledger_postings_carried;

-- What happened, in the words of docs/ledger.md. Rows are only ever added.
CREATE TABLE ledger_kinds (
  kind TEXT PRIMARY KEY NOT NULL,
  meaning TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO ledger_kinds (kind, meaning) VALUES
  ('deposit', 'a customer paid, and the gateway holds the money'),
  ('refund', 'money went back to a customer'),
  ('payout', 'the gateway paid somebody on behalf of a merchant'),
  ('fee', 'the gateway kept its fee, or a merchant bears it'),
  ('settlement', 'the gateway paid out to our bank'),
  ('remittance', 'our bank paid a merchant'),
  ('suspense', 'money that nobody can place yet, or that found its place'),
  ('correction', 'an entry with the sides of another exchanged');

-- `number`: from 1, without a gap, in the order of the transactions that wrote them. `digest`: SHA-256 of the entry with its
-- postings; NULL only from a Worker that is older than digests. Of a correction `reference` is the id of what it reverses,
-- so that nothing is reversed twice.
CREATE TABLE ledger_entries_new (
  number INTEGER PRIMARY KEY NOT NULL CHECK (number > 0),
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL REFERENCES ledger_kinds (kind),
  payment_id TEXT,
  attempt INTEGER CHECK (attempt BETWEEN 1 AND 255),
  merchant_id TEXT,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  gateway TEXT NOT NULL,
  reference TEXT NOT NULL,
  occurred_at_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  note TEXT,
  digest TEXT CHECK (length(digest) = 64),
  UNIQUE (gateway, reference, kind)
) STRICT;

INSERT INTO ledger_entries_new
  (number, id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms)
SELECT row_number() OVER (ORDER BY rowid),
  id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms
FROM ledger_entries;

-- Without rowids the table is its own index: one row written for each posting instead of three.
CREATE TABLE ledger_postings_new (
  entry_id TEXT NOT NULL REFERENCES ledger_entries_new (id),
  direction TEXT NOT NULL CHECK (direction IN ('debit', 'credit')),
  account TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  PRIMARY KEY (entry_id, direction, account, currency)
) STRICT, WITHOUT ROWID;

INSERT INTO ledger_postings_new (entry_id, direction, account, amount_minor, currency)
SELECT entry_id, direction, account, amount_minor, currency FROM ledger_postings;

-- Their triggers and indexes go with them. The reference to the renamed table follows it.
DROP TABLE ledger_postings;
DROP TABLE ledger_entries;
ALTER TABLE ledger_entries_new RENAME TO ledger_entries;
ALTER TABLE ledger_postings_new RENAME TO ledger_postings;

-- A batch seals the entries from `first_number` to `last_number`. `digests` are theirs, in order, 64 hex digits each; `root`
-- covers all of it and the root before, so that it covers the whole ledger. There is no row for each entry: one for each
-- batch, and a batch at most every minute. `digests` stands last: who needs only the head does not read it.
CREATE TABLE ledger_batches (
  sequence INTEGER PRIMARY KEY NOT NULL CHECK (sequence > 0),
  first_number INTEGER NOT NULL,
  last_number INTEGER NOT NULL CHECK (last_number >= first_number),
  entries INTEGER NOT NULL CHECK (entries = last_number - first_number + 1),
  previous_root TEXT NOT NULL CHECK (length(previous_root) = 64),
  root TEXT NOT NULL CHECK (length(root) = 64),
  sealed_at_ms INTEGER NOT NULL,
  digests TEXT NOT NULL CHECK (length(digests) = 64 * entries)
) STRICT;

CREATE INDEX ledger_batches_by_time ON ledger_batches (sealed_at_ms);

-- The end of the chain, also when there is none yet.
CREATE VIEW ledger_head AS
SELECT sequence, last_number, root, sealed_at_ms FROM ledger_batches
UNION ALL SELECT 0, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0
ORDER BY sequence DESC LIMIT 1;

-- INVARIANT (I5): one chain. Of two sealers that saw the same head, the second is refused with all that it brings.
CREATE TRIGGER ledger_batches_in_order BEFORE INSERT ON ledger_batches
WHEN NOT EXISTS (SELECT 1 FROM ledger_head
  WHERE NEW.sequence = sequence + 1 AND NEW.first_number = last_number + 1 AND NEW.previous_root = root)
BEGIN SELECT RAISE(ABORT, 'ledger_batches: another batch is the next'); END;

CREATE TRIGGER ledger_batches_no_update BEFORE UPDATE ON ledger_batches
BEGIN SELECT RAISE(ABORT, 'ledger_batches is append-only'); END;

CREATE TRIGGER ledger_batches_no_delete BEFORE DELETE ON ledger_batches
BEGIN SELECT RAISE(ABORT, 'ledger_batches is append-only'); END;

-- The root at the end of each day: what to write down outside of this database.
CREATE VIEW ledger_roots AS
SELECT date(sealed_at_ms / 1000, 'unixepoch') AS day, max(sequence) AS sequence, last_number, root
FROM ledger_batches GROUP BY day;

-- What the sealed entries add up to, by day of what happened (days since 1970, UTC). Written with each batch, in the same
-- transaction, so that a balance costs as much with ten million entries as with ten. Day 0: what was carried forward
-- before there were such sums. Entries that leave for an archive stay in here.
CREATE TABLE ledger_totals (
  account TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  currency TEXT NOT NULL,
  day INTEGER NOT NULL,
  debit_minor INTEGER NOT NULL CHECK (debit_minor >= 0),
  credit_minor INTEGER NOT NULL CHECK (credit_minor >= 0),
  PRIMARY KEY (account, mode, currency, day)
) STRICT, WITHOUT ROWID;

INSERT INTO ledger_totals (account, mode, currency, day, debit_minor, credit_minor)
SELECT account, mode, currency, 0, debit_minor, credit_minor FROM ledger_carried;

-- INVARIANT (I5): history is never rewritten. A mistake is corrected by another entry.
--
-- AFTER and not BEFORE INSERT where a repetition must stay what it is: one that `ON CONFLICT DO NOTHING` passes over.
CREATE TRIGGER ledger_entries_in_order AFTER INSERT ON ledger_entries
WHEN NEW.number <> 1 + max(
  coalesce((SELECT number FROM ledger_entries WHERE number <> NEW.number ORDER BY number DESC LIMIT 1), 0),
  (SELECT last_number FROM ledger_head))
BEGIN SELECT RAISE(ABORT, 'ledger_entries: another number is the next'); END;

CREATE TRIGGER ledger_postings_not_late AFTER INSERT ON ledger_postings
WHEN (SELECT number FROM ledger_entries WHERE id = NEW.entry_id) <= (SELECT last_number FROM ledger_head)
BEGIN SELECT RAISE(ABORT, 'ledger_postings: the entry is sealed'); END;

CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;

CREATE TRIGGER ledger_postings_no_update BEFORE UPDATE ON ledger_postings
BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;

-- Closed periods, as in 0003; and only what is sealed may leave, so that what left can be told from what was removed.
CREATE TRIGGER ledger_entries_period_is_open BEFORE INSERT ON ledger_entries
WHEN NEW.occurred_at_ms < (SELECT max(before_ms) FROM ledger_closed)
BEGIN SELECT RAISE(ABORT, 'the period of this entry is closed'); END;

CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
WHEN NOT EXISTS (SELECT 1 FROM archived_entries WHERE entry_id = OLD.id)
  OR NOT coalesce(OLD.occurred_at_ms < (SELECT max(before_ms) FROM ledger_closed), FALSE)
  OR OLD.number > (SELECT last_number FROM ledger_head)
BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;

CREATE TRIGGER ledger_postings_no_delete BEFORE DELETE ON ledger_postings
WHEN NOT EXISTS (SELECT 1 FROM archived_entries WHERE entry_id = OLD.entry_id)
BEGIN SELECT RAISE(ABORT, 'ledger_postings is append-only'); END;

-- The numbers of entries that left for an archive. Their digests stay in their batches.
CREATE TABLE ledger_archived (
  number INTEGER PRIMARY KEY NOT NULL
) STRICT;

CREATE TRIGGER ledger_entries_archived AFTER DELETE ON ledger_entries
BEGIN INSERT INTO ledger_archived (number) VALUES (OLD.number); END;

CREATE TRIGGER ledger_archived_no_update BEFORE UPDATE ON ledger_archived
BEGIN SELECT RAISE(ABORT, 'ledger_archived is append-only'); END;

CREATE TRIGGER ledger_archived_no_delete BEFORE DELETE ON ledger_archived
BEGIN SELECT RAISE(ABORT, 'ledger_archived is append-only'); END;

CREATE TRIGGER ledger_postings_carried AFTER DELETE ON ledger_postings
BEGIN
  INSERT INTO ledger_carried (mode, account, currency, debit_minor, credit_minor)
  SELECT e.mode, OLD.account, OLD.currency,
    iif(OLD.direction = 'debit', OLD.amount_minor, 0), iif(OLD.direction = 'credit', OLD.amount_minor, 0)
  FROM ledger_entries e WHERE e.id = OLD.entry_id
  ON CONFLICT (mode, account, currency) DO UPDATE SET
    debit_minor = debit_minor + excluded.debit_minor, credit_minor = credit_minor + excluded.credit_minor;
END;

-- What each account holds: the sums of what is sealed, and what was posted since.
CREATE VIEW ledger_balances AS
SELECT mode, account, currency, sum(debit_minor) AS debit_minor, sum(credit_minor) AS credit_minor
FROM (
  SELECT mode, account, currency, debit_minor, credit_minor FROM ledger_totals
  UNION ALL
  SELECT e.mode, p.account, p.currency,
    iif(p.direction = 'debit', p.amount_minor, 0), iif(p.direction = 'credit', p.amount_minor, 0)
  FROM ledger_entries e CROSS JOIN ledger_postings p ON p.entry_id = e.id
  WHERE e.number > (SELECT last_number FROM ledger_head)
)
GROUP BY mode, account, currency;

-- The same, counted again from every row there is and from what was carried forward. For tests and for people.
CREATE VIEW ledger_recount AS
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

-- A gateway's statement, held against the ledger. `id`: SHA-256 of what was sent, so that the same one is stored once.
CREATE TABLE statements (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 64),
  gateway TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL CHECK (to_ms > from_ms),
  lines INTEGER NOT NULL,
  matched INTEGER NOT NULL,
  imported_at_ms INTEGER NOT NULL
) STRICT;

-- What did not match. Nothing but a person closes one, with a reason.
CREATE TABLE statement_exceptions (
  statement_id TEXT NOT NULL REFERENCES statements (id),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('unknown_line', 'missing_line', 'repeated_line', 'differs')),
  reference TEXT NOT NULL,
  line INTEGER,
  detail TEXT NOT NULL,
  closed_at_ms INTEGER,
  closed_because TEXT,
  PRIMARY KEY (statement_id, position),
  CHECK ((closed_at_ms IS NULL) = (closed_because IS NULL))
) STRICT, WITHOUT ROWID;
