-- Disabling, enabling and removing an endpoint change its own row; what is on its way to it, a million rows perhaps, is moved or
-- deleted by the cron in portions. What waits behind an endpoint that is not told now is `queued`, and nothing is let go: enabled
-- again, it goes on where it is, and no row has to be changed for it. `held` is what an older version wrote for that.

-- 1: rows from before it was disabled are still to be queued. Until that is done nothing is sent to it, so that what is let go
-- first is the oldest.
ALTER TABLE webhook_endpoints ADD COLUMN settling INTEGER NOT NULL DEFAULT 0 CHECK (settling IN (0, 1));
CREATE INDEX webhook_endpoints_settling ON webhook_endpoints (id) WHERE settling = 1;
UPDATE webhook_endpoints SET settling = 1 WHERE status = 'disabled';

-- 1: what was on its way to it is still to be deleted. Until that is done no other is made under its id.
ALTER TABLE removed_webhook_endpoints ADD COLUMN clearing INTEGER NOT NULL DEFAULT 0 CHECK (clearing IN (0, 1));
CREATE INDEX removed_webhook_endpoints_clearing ON removed_webhook_endpoints (id) WHERE clearing = 1;

CREATE INDEX webhook_deliveries_held ON webhook_deliveries (endpoint_id) WHERE status = 'held';
