-- What is old is found by its age: rows that stay for long (a signed link says for itself when it ends, an erasure may wait for a
-- payment) would stand before it in the order in which they came.
CREATE INDEX checkouts_by_expiry ON checkouts (expires_at_ms);
CREATE INDEX erasures_by_finish ON erasures (finished_at_ms) WHERE finished_at_ms IS NOT NULL;
