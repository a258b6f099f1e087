/** The notifier's tables. */
import type { SqliteSchema } from '@latchkey/sqlite';

/**
 * The table of deliveries in release 0.1. `due_at` is the earliest time at which the delivery can be claimed:
 * for a pending delivery, the time of its next attempt; for a claimed delivery, the end of its lease. A final
 * delivery has neither `due_at` nor `content`.
 */
const release01 = `
CREATE TABLE IF NOT EXISTS notifier_deliveries (
  id TEXT PRIMARY KEY,
  event_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  mail TEXT NOT NULL,
  locale TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  send_until INTEGER NOT NULL,
  purpose TEXT,
  content TEXT,
  state TEXT NOT NULL,
  due_at INTEGER,
  owner TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  attempts TEXT NOT NULL DEFAULT '[]',
  reason TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS notifier_deliveries_open
  ON notifier_deliveries (send_until, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS notifier_deliveries_state ON notifier_deliveries (state, occurred_at);
CREATE INDEX IF NOT EXISTS notifier_deliveries_subject
  ON notifier_deliveries (subject) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS notifier_cutoffs (
  subject TEXT NOT NULL,
  what TEXT NOT NULL,
  before INTEGER NOT NULL,
  PRIMARY KEY (subject, what)
) STRICT, WITHOUT ROWID;
`;

/**
 * Adds the table of suppressions. `id` consists of the fingerprint of the address and the name of the mail. A
 * suppression without `until` never ends.
 */
const suppressions = `
CREATE TABLE notifier_suppressions (
  id TEXT PRIMARY KEY,
  hint TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID;
`;

/**
 * Adds the columns for reports about mails. `recipient` (a fingerprint) and `hint` are kept in place of the
 * recipient's address after a mail was sent. `unpublished` is the time of a report that has not been
 * published.
 */
const reports = `
ALTER TABLE notifier_deliveries ADD COLUMN recipient TEXT;
ALTER TABLE notifier_deliveries ADD COLUMN hint TEXT;
ALTER TABLE notifier_deliveries ADD COLUMN report TEXT;
ALTER TABLE notifier_deliveries ADD COLUMN unpublished INTEGER;
CREATE INDEX notifier_deliveries_unpublished
  ON notifier_deliveries (unpublished) WHERE unpublished IS NOT NULL;
`;

/** Adds the index for erasures, which look up all deliveries of an account. */
const bySubject = 'CREATE INDEX notifier_deliveries_by_subject ON notifier_deliveries (subject)';

/** Adds the index with which an erasure finds all accounts that had mails to a given recipient. */
const byRecipient = `
CREATE INDEX notifier_deliveries_by_recipient
  ON notifier_deliveries (recipient, subject) WHERE recipient IS NOT NULL;
`;

/**
 * The name of the table that contains the fingerprints of the keys with which the notifier has run, unless
 * an operator has made it forget them.
 */
export const KEY_FINGERPRINTS_TABLE = 'notifier_keys';

const keys = `
CREATE TABLE ${KEY_FINGERPRINTS_TABLE} (
  name TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/**
 * Adds an index for the deletion of suppressions that have ended. The notifier deletes them whenever it
 * stores a new suppression.
 */
const byEnd = `
CREATE INDEX notifier_suppressions_ended ON notifier_suppressions (until) WHERE until IS NOT NULL;
`;

export const notifierSchema: SqliteSchema = {
  owner: 'notifier',
  migrations: [release01, suppressions, reports, bySubject, keys, byRecipient, byEnd],
};
