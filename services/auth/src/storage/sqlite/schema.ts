import type { Schema } from '@latchkey/sqlite';

/**
 * The tables of release 0.1, which has made them without a version. Partial indexes keep the outbox and the open
 * registrations as small as their content, however many commits there are. Integer times are ms since the epoch.
 */
const release01 = `
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
    -- While in the outbox: when it was appended. The row id orders equal times.
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

  CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS session_by_user ON session (user_id, created_at, id);
  CREATE INDEX IF NOT EXISTS session_by_expiry ON session (expires_at);

  CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('password-reset', 'verification')),
    address TEXT NOT NULL,
    at TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    traceparent TEXT,
    owner TEXT,
    leased_until INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

const idempotencyKeysAndBudgets = `
  CREATE TABLE idempotency_key (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_key_by_expiry ON idempotency_key (until);

  ALTER TABLE request ADD COLUMN over_budget INTEGER NOT NULL DEFAULT 0;
`;

/** Auth's tables in the embedded store. */
export const schema: Schema = { owner: 'auth', migrations: [release01, idempotencyKeysAndBudgets] };
