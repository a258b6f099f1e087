/** Deliveries in the embedded store. */
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { Settlement } from '../delivery/attempt.ts';
import {
  type Attempt,
  type Batch,
  type ClaimedDelivery,
  type Cutoff,
  type DeliveryContent,
  type DeliveryState,
  deliveryStates,
  type NewDelivery,
} from '../delivery/delivery.ts';
import {
  type Claim,
  type Deliveries,
  type DeliveryPosition,
  type DeliverySummary,
  newestFirst,
} from '../ports/deliveries.ts';

/**
 * `due_at` is when somebody may take a delivery next: a pending one at its next try, a claimed one at the end of
 * its lease. Final ones have none, and no content.
 */
const TABLES = `
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

const RAISE_CUTOFF = `
INSERT INTO notifier_cutoffs (subject, what, before) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET before = max(before, excluded.before)`;

const INSERT = `
INSERT INTO notifier_deliveries (id, event_id, subject, sequence, mail, locale, correlation_id,
  occurred_at, send_until, purpose, content, state, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)
ON CONFLICT DO NOTHING`;

const COVERED = `EXISTS (
  SELECT 1 FROM notifier_cutoffs AS c
  WHERE c.subject = d.subject AND d.sequence < c.before AND c.what IN ('everything', d.purpose))`;

const ENDED = `due_at = NULL, owner = NULL, content = NULL`;

const CANCEL_OF_SUBJECT = `
UPDATE notifier_deliveries AS d SET state = 'cancelled', ended_at = ?, ${ENDED}
WHERE d.subject = ? AND d.due_at IS NOT NULL AND d.state = 'pending' AND ${COVERED}`;

const CANDIDATES = `
SELECT d.*, ${COVERED} AS covered FROM notifier_deliveries AS d
WHERE d.due_at <= ? AND d.send_until > ? ORDER BY d.send_until LIMIT ?`;

const TAKE = `UPDATE notifier_deliveries SET state = 'claimed', owner = ?, due_at = ? WHERE id = ?`;
const CANCEL = `UPDATE notifier_deliveries SET state = 'cancelled', ended_at = ?, ${ENDED} WHERE id = ?`;

const EXPIRE = `
UPDATE notifier_deliveries SET ended_at = ?, ${ENDED},
  state = CASE attempts ->> '$[#-1].result' WHEN 'unknown-key' THEN 'failed' ELSE 'expired' END,
  reason = CASE attempts ->> '$[#-1].result' WHEN 'unknown-key' THEN 'unsealable' END
WHERE due_at <= ? AND send_until <= ?`;

const RETRY = `
UPDATE notifier_deliveries SET state = 'pending', owner = NULL, due_at = ?, tries = tries + ?, attempts = ?
WHERE id = ?`;
const END = `
UPDATE notifier_deliveries SET state = ?, reason = ?, ended_at = ?, attempts = ?, ${ENDED} WHERE id = ?`;

const LIST_OF_STATE = `
SELECT * FROM notifier_deliveries WHERE state = ? AND (occurred_at, id) < (?, ?)
ORDER BY occurred_at DESC, id DESC LIMIT ?`;

/** Each state by itself: its first entry in the index. */
const OLDEST_OPEN = `
SELECT occurred_at FROM (
  SELECT min(occurred_at) AS occurred_at FROM notifier_deliveries WHERE state = 'pending'
  UNION ALL SELECT min(occurred_at) FROM notifier_deliveries WHERE state = 'claimed'
) WHERE occurred_at IS NOT NULL ORDER BY occurred_at LIMIT 1`;

const RETRY_NOW = `UPDATE notifier_deliveries SET due_at = ? WHERE id = ? AND state = 'pending'`;

const CANCEL_FREE = `
UPDATE notifier_deliveries SET state = 'cancelled', reason = 'operator', ended_at = ?, ${ENDED}
WHERE id = ? AND (state = 'pending' OR (state = 'claimed' AND due_at <= ?))`;

const RELEASE = `
UPDATE notifier_deliveries SET state = 'pending', owner = NULL, due_at = ? WHERE due_at > ? AND owner = ?`;

const RECLAIM = `
UPDATE notifier_deliveries SET state = 'pending', owner = NULL, due_at = occurred_at WHERE state = 'claimed'`;

const LOG_LENGTH = 20;

/** How long an outcome waits for others: some mails are sent meanwhile, and one flush serves all of them. */
const COMMIT_DELAY_MS = 20;

type Row = Readonly<Record<string, SQLOutputValue>>;

function date(value: SQLOutputValue | undefined): Date {
  return new Date(Number(value));
}

function insert(statement: StatementSync, delivery: NewDelivery): number {
  const { changes } = statement.run(
    delivery.id,
    delivery.eventId,
    delivery.subject,
    delivery.sequence,
    delivery.mail,
    delivery.locale,
    delivery.correlationId,
    delivery.occurredAt.getTime(),
    delivery.sendUntil.getTime(),
    delivery.purpose ?? null,
    JSON.stringify(delivery.content),
    delivery.occurredAt.getTime(),
  );
  return Number(changes);
}

function toClaimed(row: Row): ClaimedDelivery {
  return {
    id: String(row['id']),
    eventId: String(row['event_id']),
    subject: String(row['subject']),
    sequence: Number(row['sequence']),
    mail: String(row['mail']) as ClaimedDelivery['mail'],
    locale: String(row['locale']),
    correlationId: String(row['correlation_id']),
    occurredAt: date(row['occurred_at']),
    sendUntil: date(row['send_until']),
    ...(row['purpose'] !== null && { purpose: row['purpose'] as NonNullable<NewDelivery['purpose']> }),
    content: JSON.parse(String(row['content'])) as DeliveryContent,
    tries: Number(row['tries']),
  };
}

type StoredAttempt = Omit<Attempt, 'at'> & { readonly at: string };

/** The attempts of a row. */
export function readLog(row: Row): readonly Attempt[] {
  return (JSON.parse(String(row['attempts'])) as StoredAttempt[]).map((entry) => ({
    ...entry,
    at: new Date(entry.at),
  }));
}

function extended(row: Row, attempt: Attempt | undefined): string {
  return JSON.stringify([...readLog(row), ...(attempt ? [attempt] : [])].slice(-LOG_LENGTH));
}

function toSummary(row: Row): DeliverySummary {
  return {
    id: String(row['id']),
    eventId: String(row['event_id']),
    correlationId: String(row['correlation_id']),
    subject: String(row['subject']),
    mail: String(row['mail']),
    state: String(row['state']) as DeliveryState,
    ...(row['reason'] !== null && { reason: String(row['reason']) }),
    occurredAt: date(row['occurred_at']),
    sendUntil: date(row['send_until']),
    ...(row['due_at'] !== null && { dueAt: date(row['due_at']) }),
    ...(row['ended_at'] !== null && { endedAt: date(row['ended_at']) }),
    tries: Number(row['tries']),
    attempts: readLog(row),
  };
}

/** Comes before every delivery of a list. */
const NEWEST: DeliveryPosition = { occurredAt: new Date(8.64e15), id: '' };

function touchedSubjects({ deliveries, cutoffs }: Batch): ReadonlySet<string> {
  return new Set([...deliveries, ...cutoffs].map(({ subject }) => subject));
}

interface SqliteDeliveries extends Deliveries {
  /** Voids what a former process held: a data folder has one server at a time, so that one is gone. */
  reclaim(): Promise<void>;
}

export function createSqliteDeliveries(database: Database): SqliteDeliveries {
  database.exec(TABLES);
  function sql(text: string): StatementSync {
    return database.prepare(text);
  }

  function raise({ subject, what, before }: Cutoff): unknown {
    return sql(RAISE_CUTOFF).run(subject, what, before);
  }

  function cancelOf(subject: string, now: Date): number {
    return Number(sql(CANCEL_OF_SUBJECT).run(now.getTime(), subject).changes);
  }

  function expireDue(now: Date): number {
    return Number(sql(EXPIRE).run(now.getTime(), now.getTime(), now.getTime()).changes);
  }

  function claimSome({ owner, now, leaseMs, limit }: Claim): readonly ClaimedDelivery[] {
    const at = now.getTime();
    const claimed: ClaimedDelivery[] = [];
    while (claimed.length < limit) {
      const rows = sql(CANDIDATES).all(at, at, limit - claimed.length);
      for (const row of rows) {
        if (row['covered']) sql(CANCEL).run(at, String(row['id']));
        else {
          sql(TAKE).run(owner, at + leaseMs, String(row['id']));
          claimed.push(toClaimed(row));
        }
      }
      if (rows.every((row) => !row['covered'])) break;
    }
    return claimed;
  }

  function write(row: Row, settlement: Settlement): void {
    const id = String(row['id']);
    const log = extended(row, settlement.attempt);
    if (settlement.state === 'pending') {
      sql(RETRY).run(settlement.dueAt.getTime(), settlement.counts ? 1 : 0, log, id);
    } else {
      const reason = settlement.state === 'failed' ? settlement.reason : null;
      sql(END).run(settlement.state, reason, settlement.at.getTime(), log, id);
    }
  }

  const port: SqliteDeliveries = {
    record: (batch, now) => {
      function recordAll() {
        batch.cutoffs.forEach(raise);
        const added = batch.deliveries.reduce((sum, each) => sum + insert(sql(INSERT), each), 0);
        let cancelled = 0;
        for (const subject of touchedSubjects(batch)) cancelled += cancelOf(subject, now);
        if (batch.deliveries.some(({ sendUntil }) => sendUntil <= now)) expireDue(now);
        return { added, cancelled };
      }
      // Lost, the log's position is lost with it, and the events come again.
      return database.write(recordAll, { flushed: false });
    },

    // Lost, the lease is void anyway: its owner is gone.
    claim: (claim) => database.write(() => claimSome(claim), { flushed: false }),

    // Lost, the lease is void, too.
    release: (owner, now) =>
      database.write(() => void sql(RELEASE).run(now.getTime(), now.getTime(), owner), { flushed: false }),

    settle: (id, owner, settlement, { othersFollow = false } = {}) =>
      database.write(
        () => {
          const row = sql('SELECT * FROM notifier_deliveries WHERE id = ? AND owner = ?').get(id, owner);
          if (!row) return false;
          write(row, settlement);
          return true;
        },
        { commitDelay: othersFollow ? COMMIT_DELAY_MS : 0 },
      ),

    async expire(now) {
      const at = now.getTime();
      const any = sql('SELECT 1 FROM notifier_deliveries WHERE due_at <= ? AND send_until <= ? LIMIT 1');
      return any.get(at, at) ? database.write(() => expireDue(now)) : 0;
    },

    async census() {
      const rows = sql('SELECT state, count(*) AS many FROM notifier_deliveries GROUP BY state').all();
      const byState = Object.fromEntries(deliveryStates.map((state) => [state, 0])) as Record<
        DeliveryState,
        number
      >;
      for (const row of rows) byState[String(row['state']) as DeliveryState] = Number(row['many']);
      return byState;
    },

    async oldestOpen() {
      const row = sql(OLDEST_OPEN).get();
      return row && new Date(Number(row['occurred_at']));
    },

    reclaim: () => database.write(() => void sql(RECLAIM).run()),

    async find(id) {
      const row = sql('SELECT * FROM notifier_deliveries WHERE id = ?').get(id);
      return row && toSummary(row);
    },

    async list({ states, limit, after = NEWEST }) {
      const statement = sql(LIST_OF_STATE);
      return states
        .flatMap((state) => statement.all(state, after.occurredAt.getTime(), after.id, limit))
        .map(toSummary)
        .toSorted(newestFirst)
        .slice(0, limit);
    },

    retryNow: (id, now) => database.write(() => sql(RETRY_NOW).run(now.getTime(), id).changes === 1),

    cancel: (id, now) =>
      database.write(() => sql(CANCEL_FREE).run(now.getTime(), id, now.getTime()).changes === 1),
  };
  return guardSqlite(port);
}
