import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { AppendResult, Commit, Journal } from '../../ports/journal.ts';
import { columnsOf, commitOf } from './commits.ts';

const SQL = {
  byCommand: 'SELECT * FROM journal_commit WHERE command_id = :commandId',
  atNumber: 'SELECT stream FROM journal_commit WHERE stream = :stream AND number = :number',
  insert: `INSERT INTO journal_commit
    (stream, number, sequence, events, claims, address, command_id, correlation_id, traceparent, at, unpublished)
    VALUES (:stream, :number, :sequence, :events, :claims, :address, :commandId, :correlationId, :traceparent, :at,
      :unpublished)`,
  insertClaim: 'INSERT INTO journal_claim (claim, stream) VALUES (:claim, :stream)',
  read: 'SELECT * FROM journal_commit WHERE stream = :stream AND number > :after ORDER BY number LIMIT :limit',
  holder: 'SELECT stream FROM journal_claim WHERE claim = :claim',
} as const;

/** The journal in the embedded store. */
export function createSqliteJournal(database: Database): Journal {
  function byCommand(commandId: string): Commit | undefined {
    const row = database.prepare(SQL.byCommand).get({ commandId });
    return row && commitOf(row);
  }

  function holder(claim: string): string | undefined {
    const row = database.prepare(SQL.holder).get({ claim });
    return row && String(row['stream']);
  }

  /** Runs in a transaction that excludes all other writers, so the checks still hold at the insert. */
  function append(commit: Commit): AppendResult {
    const { stream, number, claims = [], commandId } = commit;
    const earlier = byCommand(commandId);
    if (earlier !== undefined) return { outcome: 'repeated', commit: earlier };
    const isTaken = database.prepare(SQL.atNumber).get({ stream, number }) !== undefined;
    if (isTaken || claims.some((claim) => holder(claim) !== undefined)) return { outcome: 'lost' };
    database.prepare(SQL.insert).run(columnsOf(commit));
    for (const claim of claims) database.prepare(SQL.insertClaim).run({ claim, stream });
    return { outcome: 'appended' };
  }

  return guardSqlite<Journal>({
    append: (commit) => database.write(() => append(commit)),
    read: async (stream, after = 0, limit = -1) =>
      database.prepare(SQL.read).all({ stream, after, limit }).map(commitOf),
    byCommand: async (commandId) => byCommand(commandId),
    holder: async (claim) => holder(claim),
  });
}
