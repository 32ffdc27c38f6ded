-- Messages that QStash has given up on. It keeps its own list for three days on its smallest plan; this one is kept until
-- people have dealt with it. No phone number and no secret is in a message.
CREATE TABLE dead_letters (
  -- QStash's name for the message.
  message_id TEXT PRIMARY KEY NOT NULL,
  -- Its name for the entry in its dead-letter queue.
  dlq_id TEXT,
  -- Last part of the path that it was to be delivered to.
  kind TEXT NOT NULL,
  -- Whose it is by its own word: to search by, not to be believed.
  payment_id TEXT,
  -- NULL: QStash did not show it, or it is longer than any delivery may be. Such a letter cannot be replayed.
  body TEXT,
  -- What the consumer answered last; 0 when there was no answer.
  response_status INTEGER NOT NULL,
  died_at_ms INTEGER NOT NULL,
  first_seen_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL,
  seen_by TEXT NOT NULL CHECK (seen_by IN ('failure_callback', 'sweep')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'closed')),
  state_at_ms INTEGER NOT NULL,
  -- How often a replay of it was begun: the next one's id ends in the next number, so that none is used twice.
  replays INTEGER NOT NULL DEFAULT 0,
  -- The message that the latest replay became.
  replayed_as TEXT,
  -- The letter that this message was a replay of.
  replay_of TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letters_by_time ON dead_letters (died_at_ms, message_id);
CREATE INDEX dead_letters_open ON dead_letters (died_at_ms) WHERE state = 'open';
CREATE INDEX dead_letters_replayed_as ON dead_letters (replayed_as) WHERE replayed_as IS NOT NULL;

-- Where a sweep of the cron stopped, so that the next one goes on from there.
CREATE TABLE sweep_cursors (
  name TEXT PRIMARY KEY NOT NULL,
  -- NULL: from the beginning.
  cursor TEXT,
  -- When everything had last been looked at.
  completed_at_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Payments that may still need their object's alarm. One that is paid within ten seconds never enters this index.
CREATE INDEX payments_open ON payments (created_at_ms, payment_id)
WHERE status IN ('created', 'pending', 'needs_action', 'unknown');

-- Paid, as the index was told, and without an order yet. The order is written with the posting and, in that transaction, before
-- the index, so a payment that goes the usual way writes nothing here.
CREATE TABLE unfulfilled_payments (
  payment_id TEXT PRIMARY KEY NOT NULL,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER payments_unfulfilled_new AFTER INSERT ON payments
WHEN NEW.status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM orders WHERE payment_id = NEW.payment_id)
BEGIN
  INSERT INTO unfulfilled_payments (payment_id, since_ms) VALUES (NEW.payment_id, NEW.revision)
  ON CONFLICT (payment_id) DO NOTHING;
END;

CREATE TRIGGER payments_unfulfilled_changed AFTER UPDATE OF status ON payments
WHEN NEW.status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM orders WHERE payment_id = NEW.payment_id)
BEGIN
  INSERT INTO unfulfilled_payments (payment_id, since_ms) VALUES (NEW.payment_id, NEW.revision)
  ON CONFLICT (payment_id) DO NOTHING;
END;

CREATE TRIGGER orders_fulfil AFTER INSERT ON orders
BEGIN DELETE FROM unfulfilled_payments WHERE payment_id = NEW.payment_id; END;
