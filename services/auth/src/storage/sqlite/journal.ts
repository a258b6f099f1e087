import type { Database } from '@latchkey/sqlite';
import { guardSqlite } from '@latchkey/sqlite';
import type { AppendResult, Commit, Journal, Registration, Snapshot } from '../../ports/journal.ts';
import { readStoredEvents } from '../stored-events.ts';
import { headOf } from './commit-row.ts';
import { journalTables } from './tables.ts';

/** The journal in the embedded store. */
export function createSqliteJournal(database: Database): Journal {
  database.exec(journalTables);
  const reads = createReads(database);
  const append = createAppend(database, reads);
  function write(sql: string, ...values: readonly (string | number | null)[]) {
    return database.write(() => void database.prepare(sql).run(...values));
  }

  return guardSqlite({
    append: (commit) => database.write(() => append(commit)),
    byCommand: async (commandId) => reads.commits(SQL.byCommandId, commandId)[0],
    read: async (stream, after = 0) => reads.commits(SQL.read, stream, after),
    holder: async (claim) => reads.text(SQL.holder, 'stream', claim),
    living: async (address) => reads.registrations(SQL.living, address),
    registrations: async ({ after, limit }) =>
      reads.registrations(SQL.registrations, after?.at ?? '', after?.stream ?? '', limit),
    settle: (stream) => write(SQL.settle, stream),

    unpublished: async (stream) => reads.commits(SQL.unpublished, stream),
    waiting: async ({ before, limit }) => reads.streams(SQL.waiting, limit, before.getTime()),
    markPublished: (commits) => {
      function markAll() {
        const mark = database.prepare(SQL.markPublished);
        for (const { stream, number } of commits) mark.run(stream, number);
      }
      // Lost, they are published again.
      return database.write(markAll, { flushed: false });
    },
    backlog: async () => {
      const oldest = reads.text(SQL.oldest, 'at');
      const commits = Number(database.prepare(SQL.countUnpublished).get()?.['commits']);
      return oldest === undefined ? { commits } : { commits, oldest };
    },

    snapshot: async (stream) => reads.snapshot(stream),
    saveSnapshot: ({ stream, number, sequence, stateVersion, state }) =>
      write(SQL.saveSnapshot, stream, number, sequence, stateVersion, JSON.stringify(state)),

    checkFingerprints: (fingerprints) =>
      database.write(() => {
        const others = Object.keys(fingerprints).filter((name) => {
          const known = reads.text(SQL.fingerprint, 'fingerprint', name);
          return known !== undefined && known !== fingerprints[name];
        });
        if (others.length > 0) return others;
        for (const entry of Object.entries(fingerprints)) {
          database.prepare(SQL.rememberFingerprint).run(...entry);
        }
        return [];
      }),
  });
}

const SQL = {
  byCommandId: 'SELECT * FROM journal_commit WHERE command_id = ?',
  numberTaken: 'SELECT stream FROM journal_commit WHERE stream = ? AND number = ?',
  insert: `INSERT INTO journal_commit
    (stream, number, sequence, events, claims, address, command_id, correlation_id, traceparent, at, unpublished)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  insertClaim: 'INSERT INTO journal_claim (claim, stream) VALUES (?, ?)',
  read: 'SELECT * FROM journal_commit WHERE stream = ? AND number > ? ORDER BY number',
  holder: 'SELECT stream FROM journal_claim WHERE claim = ?',
  living: `SELECT stream, address, at FROM journal_commit INDEXED BY journal_living_by_address
    WHERE address = ? ORDER BY at DESC, stream DESC`,
  registrations: `SELECT stream, address, at FROM journal_commit INDEXED BY journal_living_by_time
    WHERE address IS NOT NULL AND (at, stream) > (?, ?) ORDER BY at, stream LIMIT ?`,
  settle: `UPDATE journal_commit INDEXED BY journal_living_by_stream SET address = NULL
    WHERE stream = ? AND address IS NOT NULL`,
  unpublished: `SELECT * FROM journal_commit INDEXED BY journal_unpublished_by_stream
    WHERE stream = ? AND unpublished IS NOT NULL ORDER BY number`,
  waiting: `SELECT stream FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished < ? ORDER BY unpublished, rowid`,
  markPublished: 'UPDATE journal_commit SET unpublished = NULL WHERE stream = ? AND number = ?',
  countUnpublished: `SELECT count(*) AS commits FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL`,
  oldest: `SELECT at FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL ORDER BY unpublished, rowid LIMIT 1`,
  snapshot: 'SELECT * FROM journal_snapshot WHERE stream = ?',
  saveSnapshot: `INSERT INTO journal_snapshot (stream, number, sequence, state_version, state)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET number = excluded.number, sequence = excluded.sequence,
      state_version = excluded.state_version, state = excluded.state
    WHERE excluded.number >= number`,
  rememberFingerprint: 'INSERT INTO journal_fingerprint VALUES (?, ?) ON CONFLICT DO NOTHING',
  fingerprint: 'SELECT fingerprint FROM journal_fingerprint WHERE name = ?',
} as const;

type Value = string | number;
type Row = Record<string, unknown>;
type Reads = ReturnType<typeof createReads>;

function createReads({ prepare }: Pick<Database, 'prepare'>) {
  return {
    commits: (sql: string, ...values: readonly Value[]) =>
      prepare(sql)
        .all(...values)
        .map(commitOf),
    text(sql: string, column: string, ...values: readonly Value[]) {
      const row = prepare(sql).get(...values);
      return row === undefined ? undefined : String(row[column]);
    },
    registrations: (sql: string, ...values: readonly Value[]) =>
      prepare(sql)
        .all(...values)
        .map(registrationOf),
    /** The first `limit` different streams of a query; no more rows are read than it takes to find them. */
    streams(sql: string, limit: number, ...values: readonly Value[]) {
      const streams = new Set<string>();
      for (const row of prepare(sql).iterate(...values)) {
        streams.add(String(row['stream']));
        if (streams.size >= limit) break;
      }
      return [...streams];
    },
    snapshot(stream: string) {
      const row = prepare(SQL.snapshot).get(stream);
      return row === undefined ? undefined : snapshotOf(row);
    },
  };
}

/** Runs within a transaction that nobody else can write beside, so what has been looked up still holds. */
function createAppend({ prepare }: Pick<Database, 'prepare'>, reads: Reads) {
  function isTaken({ stream, number, claims = [] }: Commit): boolean {
    return (
      prepare(SQL.numberTaken).get(stream, number) !== undefined ||
      claims.some((claim) => prepare(SQL.holder).get(claim) !== undefined)
    );
  }

  return (commit: Commit): AppendResult => {
    const [earlier] = reads.commits(SQL.byCommandId, commit.commandId);
    if (earlier !== undefined) return { outcome: 'repeated', commit: earlier };
    if (isTaken(commit)) return { outcome: 'lost' };
    prepare(SQL.insert).run(...columnsOf(commit));
    for (const claim of commit.claims ?? []) prepare(SQL.insertClaim).run(claim, commit.stream);
    return { outcome: 'appended' };
  };
}

function columnsOf(commit: Commit) {
  return [
    commit.stream,
    commit.number,
    commit.sequence,
    JSON.stringify(commit.events),
    commit.claims === undefined ? null : JSON.stringify(commit.claims),
    commit.address ?? null,
    commit.commandId,
    commit.correlationId,
    commit.traceparent ?? null,
    commit.at,
    Date.parse(commit.at),
  ];
}

function commitOf(row: Row): Commit {
  const head = headOf(row);
  return {
    ...head,
    events: readStoredEvents(head.stream, head.number, String(row['events'])),
    ...(row['claims'] === null ? {} : { claims: JSON.parse(String(row['claims'])) }),
    ...(row['address'] === null ? {} : { address: String(row['address']) }),
  };
}

function registrationOf(row: Row): Registration {
  return {
    stream: String(row['stream']),
    address: String(row['address']),
    at: String(row['at']),
  };
}

/** Undefined for one that cannot be read: snapshots are disposable. */
function snapshotOf(row: Row): Snapshot | undefined {
  try {
    return {
      stream: String(row['stream']),
      number: Number(row['number']),
      sequence: Number(row['sequence']),
      stateVersion: Number(row['state_version']),
      state: JSON.parse(String(row['state'])),
    };
  } catch {
    return undefined;
  }
}
