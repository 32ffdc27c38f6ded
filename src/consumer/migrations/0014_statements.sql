-- Which statement stated a reference first. What another states again is taken twice or stated twice; and what the statement of
-- the day before has, that of the day itself does not lack. A deposit's row leaves with the deposit (archiving).
CREATE TABLE statement_lines (
  gateway TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  reference TEXT NOT NULL,
  statement_id TEXT NOT NULL REFERENCES statements (id),
  PRIMARY KEY (gateway, mode, reference)
) STRICT, WITHOUT ROWID;
