-- Personal data: where each customer's payments are, and what has been erased (docs/data.md, docs/decisions/0009).

-- The register of payments that hold something of a customer: one row for each number that a payment was attempted with.
-- `phone_hash` is keyed and the key is the vault's; '' where nobody can make it any more: a payment of before there were
-- hashes, or whose call to the vault was lost. A row goes when its payment is erased. It is its own index, in both ways
-- that are asked: all payments of a number, and one merchant's, newest first.
CREATE TABLE payment_phones (
  phone_hash TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  payment_id TEXT NOT NULL,
  PRIMARY KEY (phone_hash, merchant_id, mode, created_at_ms, payment_id)
) STRICT, WITHOUT ROWID;

INSERT INTO payment_phones (phone_hash, merchant_id, mode, created_at_ms, payment_id)
SELECT '', merchant_id, mode, created_at_ms, payment_id FROM payments;

-- Who asked to be forgotten, as a hash that leads to no payment. What leads to payments is kept only until it is done.
CREATE TABLE erasures (
  id TEXT PRIMARY KEY NOT NULL,
  erased_hash TEXT NOT NULL,
  -- JSON: the hashes to look for, and the masked number if payments without a hash are to be erased by it.
  looking_for TEXT,
  requested_at_ms INTEGER NOT NULL,
  -- Of payments: erased so far, and in the last pass not yet to be erased.
  erased INTEGER NOT NULL DEFAULT 0,
  kept INTEGER NOT NULL DEFAULT 0,
  finished_at_ms INTEGER,
  CHECK ((finished_at_ms IS NULL) = (looking_for IS NOT NULL))
) STRICT;
