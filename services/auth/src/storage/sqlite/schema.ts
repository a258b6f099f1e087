import type { SqliteSchema } from '@latchkey/sqlite';

/**
 * The tables of release 0.1, which had no schema version. The partial indexes contain only rows in the outbox
 * and open registrations, so they stay small even if there are many commits. Integer times are in ms since
 * the epoch.
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

/**
 * Adds an index of the commits that changed a role. It is small, because few accounts have ever been admins.
 */
const roleChanges = `
  CREATE INDEX journal_role_change ON journal_commit (stream)
    WHERE instr(events, '"type":"RoleChanged"') > 0;
`;

const auditEntries = `
  CREATE TABLE audit_entry (
    id TEXT PRIMARY KEY,
    account TEXT,
    time TEXT NOT NULL,
    kept INTEGER NOT NULL,
    headers TEXT NOT NULL,
    value TEXT NOT NULL,
    unpublished INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_entry_unpublished ON audit_entry (id) WHERE unpublished = 1;
  CREATE INDEX audit_entry_by_account ON audit_entry (account, id) WHERE kept = 1;
  CREATE INDEX audit_entry_by_time ON audit_entry (time);
`;

/**
 * Adds the table of known sources, and allows requests of the kind `lockout`. SQLite cannot alter the CHECK
 * constraint on `kind`, so the table is copied.
 */
const notices = `
  CREATE TABLE known_source (
    user_id TEXT PRIMARY KEY,
    sources TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE request_with_lockouts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('password-reset', 'verification', 'lockout')),
    address TEXT NOT NULL,
    at TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    traceparent TEXT,
    owner TEXT,
    leased_until INTEGER NOT NULL DEFAULT 0,
    over_budget INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  INSERT INTO request_with_lockouts
    SELECT id, kind, address, at, correlation_id, traceparent, owner, leased_until, over_budget FROM request;
  DROP TABLE request;
  ALTER TABLE request_with_lockouts RENAME TO request;
`;

/**
 * Adds the erasure time of accounts. Also schedules the erasure of accounts whose registration ended under an
 * earlier release. As with all registrations that end, the erasure is due seven days after the end.
 */
const erasures = `
  ALTER TABLE journal_commit ADD COLUMN erase_at TEXT;
  UPDATE journal_commit SET erase_at = strftime('%Y-%m-%dT%H:%M:%fZ', at, '+7 days')
    WHERE instr(events, '"type":"RegistrationEnded"') > 0;
  CREATE INDEX journal_erasure ON journal_commit (erase_at, stream, number) WHERE erase_at IS NOT NULL;
`;

/** Adds the id of the key that signed the session's current refresh token. */
const sessionKeys = 'ALTER TABLE session ADD COLUMN key TEXT;';

const limits = `
  CREATE TABLE limit_count (
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    points INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (name, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limit_count_by_expiry ON limit_count (until);

  CREATE TABLE trusted_address (
    address TEXT NOT NULL,
    network TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (address, network)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trusted_address_by_expiry ON trusted_address (until);
`;

/**
 * Adds the receipts of each erasure. `waiting` is 1 while an expected consumer has not confirmed the erasure.
 */
const erasureReceipts = `
  CREATE TABLE erasure (
    account TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    erased_at TEXT NOT NULL,
    expected TEXT NOT NULL,
    receipts TEXT NOT NULL,
    waiting INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX erasure_by_time ON erasure (erased_at, account);
  CREATE INDEX erasure_waiting ON erasure (erased_at, account) WHERE waiting = 1;
`;

/** Adds the times at which copies of an erased account's events without personal data were published. */
const erasureCopies = `
  ALTER TABLE erasure ADD COLUMN copied_first TEXT;
  ALTER TABLE erasure ADD COLUMN copied_last TEXT;
  CREATE INDEX erasure_copied ON erasure (copied_first, account) WHERE copied_first IS NOT NULL;
`;

/**
 * Adds the time at which the original events of an erased account were found to be gone from the topic. The
 * index contains only erasures whose original events may still be on the topic.
 */
const erasureCopiesGone = `
  ALTER TABLE erasure ADD COLUMN copied_gone TEXT;
  DROP INDEX erasure_copied;
  CREATE INDEX erasure_copied ON erasure (copied_first, account)
    WHERE copied_first IS NOT NULL AND copied_gone IS NULL;
`;

/** Adds how many of a session's latest refresh tokens were sent again to a client in another network. */
const sessionRepeats = `
  ALTER TABLE session ADD COLUMN repeated_n INTEGER;
  ALTER TABLE session ADD COLUMN repeats_in_a_row INTEGER;
`;

/** Auth's tables in the embedded store. */
export const authSqliteSchema: SqliteSchema = {
  owner: 'auth',
  migrations: [
    release01,
    idempotencyKeysAndBudgets,
    roleChanges,
    auditEntries,
    notices,
    erasures,
    sessionKeys,
    limits,
    erasureReceipts,
    erasureCopies,
    erasureCopiesGone,
    sessionRepeats,
  ],
};
