-- A payment that people are at may still have an open attempt, which its object's alarm asks about. An index of its own, not
-- `payments_open`: such payments stay for as long as people take, and must not make the round of the open ones longer.
CREATE INDEX payments_in_review ON payments (created_at_ms, payment_id) WHERE status = 'review';
