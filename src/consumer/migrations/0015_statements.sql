-- Which statement stated a reference first. What another states again is taken twice or stated twice; and what the statement of
-- the day before has, that of the day itself does not lack. A deposit's row leaves with the deposit (archiving).
CREATE TABLE statement_lines (
  gateway TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  reference TEXT NOT NULL,
  statement_id TEXT NOT NULL REFERENCES statements (id),
  PRIMARY KEY (gateway, mode, reference)
) STRICT, WITHOUT ROWID;

-- What is open is listed from the newest statement on, page by page, and not by what was closed in years.
CREATE UNIQUE INDEX statements_by_import ON statements (imported_at_ms DESC, id);
CREATE INDEX statement_exceptions_open ON statement_exceptions (statement_id, position) WHERE closed_at_ms IS NULL;
