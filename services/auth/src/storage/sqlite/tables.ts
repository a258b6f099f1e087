/**
 * The journal's tables. Partial indexes keep the outbox and the living registrations as small as what is in
 * them, however many commits there are.
 */
export const journalTables = `
  CREATE TABLE IF NOT EXISTS journal_commit (
    stream TEXT NOT NULL,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    events TEXT NOT NULL,
    claims TEXT,
    address TEXT,
    command_id TEXT NOT NULL UNIQUE,
    correlation_id TEXT NOT NULL,
    traceparent TEXT,
    at TEXT NOT NULL,
    -- In the outbox: when it was appended, in ms. Orders by time; the row id settles ties.
    unpublished INTEGER,
    UNIQUE (stream, number)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS journal_unpublished_by_time
    ON journal_commit (unpublished) WHERE unpublished IS NOT NULL;
  CREATE INDEX IF NOT EXISTS journal_unpublished_by_stream
    ON journal_commit (stream, number) WHERE unpublished IS NOT NULL;
  CREATE INDEX IF NOT EXISTS journal_living_by_address
    ON journal_commit (address, at, stream) WHERE address IS NOT NULL;
  CREATE INDEX IF NOT EXISTS journal_living_by_time
    ON journal_commit (at, stream) WHERE address IS NOT NULL;
  CREATE INDEX IF NOT EXISTS journal_living_by_stream
    ON journal_commit (stream) WHERE address IS NOT NULL;

  CREATE TABLE IF NOT EXISTS journal_claim (
    claim TEXT PRIMARY KEY,
    stream TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS journal_snapshot (
    stream TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    state_version INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS journal_fingerprint (
    name TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
