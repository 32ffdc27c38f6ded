-- The sweep takes some of each endpoint, so what is due is found by endpoint. Under the name that it had: a consumer of before
-- asks for it by that, and finds the same rows in it.
DROP INDEX webhook_deliveries_due;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at_ms) WHERE due_at_ms IS NOT NULL;
