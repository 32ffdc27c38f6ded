-- What waits for something is found by an index that holds nothing else: with a hundred thousand events behind an endpoint that is
-- enabled again, letting each of them go looks at one row, and not at all that still wait. A delivery that goes the usual way
-- enters none of these.

-- Let go in order and not tried yet: one for each endpoint, or none.
CREATE INDEX webhook_deliveries_let_go ON webhook_deliveries (endpoint_id) WHERE in_order = 1;
CREATE INDEX webhook_deliveries_queued ON webhook_deliveries (endpoint_id, event_seq) WHERE status = 'queued';

-- Letters that nothing is to be done about any more, by when they are forgotten.
CREATE INDEX dead_letters_done ON dead_letters (state_at_ms) WHERE state <> 'open';
