-- Where to look for payments, by what people ask for. Only what is searched by is here: what a payment is, its object tells
-- (docs/decisions/0007). Of a phone number there are the last four digits, which every answer shows anyway.
--
-- No CHECK: a row is written in one transaction with the ledger, and what only serves searching must never stop that.
--
-- Without rowids each index ends in the payment's id, so that (created_at_ms, payment_id) is a total order in all of them:
-- that is what a cursor points into.
CREATE TABLE payments (
  payment_id TEXT PRIMARY KEY NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  invoice TEXT,
  phone_suffix TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  -- Grows with every change of this row: an older one that arrives late is passed over.
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX payments_by_time ON payments (merchant_id, mode, created_at_ms);
CREATE INDEX payments_by_invoice ON payments (merchant_id, mode, invoice, created_at_ms);
CREATE INDEX payments_by_phone ON payments (merchant_id, mode, phone_suffix, created_at_ms);
CREATE INDEX payments_by_status ON payments (merchant_id, mode, status, created_at_ms);

-- A payment has as many as attempts that the operator booked. The table is its own index: one row written for each.
CREATE TABLE payment_transactions (
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  provider_transaction_id TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  payment_id TEXT NOT NULL,
  PRIMARY KEY (merchant_id, mode, provider_transaction_id, created_at_ms, payment_id)
) STRICT, WITHOUT ROWID;

-- Nobody searched by it, and every payment paid for it.
DROP INDEX orders_by_invoice;
