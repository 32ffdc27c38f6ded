-- What a merchant's own pages and keys need (docs/merchants.md).

-- Of the checkout page: '#rrggbb'; a small picture as a data: URI, because the page asks nobody else for anything; JSON list of
-- BCP 47 tags, the first one first (NULL: every language that the page has).
ALTER TABLE merchants ADD COLUMN colour TEXT CHECK (colour IS NULL OR length(colour) = 7);
ALTER TABLE merchants ADD COLUMN logo TEXT;
ALTER TABLE merchants ADD COLUMN languages TEXT;
-- JSON list of origins whose pages may call with a publishable key.
ALTER TABLE merchants ADD COLUMN allowed_origins TEXT;

-- A person's word for the key, and its first and last characters: enough to tell keys apart.
ALTER TABLE api_keys ADD COLUMN label TEXT;
ALTER TABLE api_keys ADD COLUMN hint TEXT;
-- Set by a rotation: until then the key and its successor are both good. NULL: no end.
ALTER TABLE api_keys ADD COLUMN expires_at_ms INTEGER;
-- What checks the links that were signed with this key, encrypted under a key that is not in this database. NULL: a
-- publishable key, or one from before there were links.
ALTER TABLE api_keys ADD COLUMN sealed_link_key TEXT;

-- A key's public id is the beginning of its hash: links carry it.
CREATE UNIQUE INDEX api_keys_by_id ON api_keys (substr(key_hash, 1, 16));
CREATE INDEX api_keys_by_merchant ON api_keys (merchant_id, created_at_ms);
