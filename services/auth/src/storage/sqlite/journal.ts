import type { ChainEntry } from '@latchkey/events';
import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import { type AppendResult, type Commit, type Journal, UnreadableCommit } from '../../ports/journal.ts';
import { addChainEntriesToStoredEvents } from '../stored-events.ts';
import { readCommitsInSteps } from './commit-pages.ts';
import { claimsFromRow, commitFromRow, toClaimsColumn, toCommitColumns } from './commits.ts';

const SQL = {
  byCommand: 'SELECT * FROM journal_commit WHERE command_id = :commandId',
  atNumber: 'SELECT stream FROM journal_commit WHERE stream = :stream AND number = :number',
  insert: `INSERT INTO journal_commit
    (stream, number, sequence, events, claims, address, erase_at, command_id, correlation_id, traceparent, at,
      unpublished)
    VALUES (:stream, :number, :sequence, :events, :claims, :address, :eraseAt, :commandId, :correlationId, :traceparent, :at,
      :unpublished)`,
  insertClaim: 'INSERT INTO journal_claim (claim, stream) VALUES (:claim, :stream)',
  read: 'SELECT * FROM journal_commit WHERE stream = :stream AND number > :after ORDER BY number LIMIT :limit',
  events: 'SELECT events FROM journal_commit WHERE stream = :stream AND number = :number',
  replaceEvents: 'UPDATE journal_commit SET events = :events WHERE stream = :stream AND number = :number',
  holder: 'SELECT stream FROM journal_claim WHERE claim = :claim',
  claims: 'SELECT claims FROM journal_commit WHERE stream = :stream AND number = :number',
  replaceClaims: 'UPDATE journal_commit SET claims = :claims WHERE stream = :stream AND number = :number',
  deleteClaim: 'DELETE FROM journal_claim WHERE claim = :claim',
  holdersBetween: 'SELECT DISTINCT stream FROM journal_claim WHERE claim >= :from AND claim < :before',
  // U+10FFFF is the last character in sort order, so the range that ends with it contains all claims with the
  // prefix.
  countClaims: `SELECT count(*) AS count FROM journal_claim
    WHERE claim >= :prefix AND claim < :prefix || char(1114111)`,
  // The condition must literally equal the condition of the partial index journal_role_change; otherwise,
  // SQLite cannot use the index.
  roleChanges: `SELECT DISTINCT stream FROM journal_commit INDEXED BY journal_role_change
    WHERE instr(events, '"type":"RoleChanged"') > 0`,
} as const;

/** The journal in the embedded store. */
export function createSqliteJournal(database: Database): Journal {
  function byCommand(commandId: string): Commit | undefined {
    const row = database.prepare(SQL.byCommand).get({ commandId });
    return row && commitFromRow(row);
  }

  function readStep(stream: string, after: number, limit: number): readonly Commit[] {
    return database.prepare(SQL.read).all({ stream, after, limit }).map(commitFromRow);
  }

  function holder(claim: string): string | undefined {
    const row = database.prepare(SQL.holder).get({ claim });
    return row && String(row['stream']);
  }

  /**
   * Appends a commit. Must run in a write transaction, which excludes other writers, so that the checks still
   * hold when the commit is inserted.
   */
  function append(commit: Commit): AppendResult {
    const { stream, number, claims = [], commandId } = commit;
    const earlier = byCommand(commandId);
    if (earlier !== undefined) return { outcome: 'repeated', commit: earlier };
    const isTaken = database.prepare(SQL.atNumber).get({ stream, number }) !== undefined;
    if (isTaken || claims.some((claim) => holder(claim) !== undefined)) return { outcome: 'lost' };
    database.prepare(SQL.insert).run(toCommitColumns(commit));
    for (const claim of claims) database.prepare(SQL.insertClaim).run({ claim, stream });
    return { outcome: 'appended' };
  }

  function release(key: Pick<Commit, 'stream' | 'number'>, claims: readonly string[]): void {
    const { stream, number } = key;
    const row = database.prepare(SQL.claims).get({ stream, number });
    const held = row === undefined ? [] : claimsFromRow(row);
    const kept = held.filter((claim) => !claims.includes(claim));
    if (kept.length === held.length) return;
    for (const claim of held.filter((claim) => claims.includes(claim)))
      database.prepare(SQL.deleteClaim).run({ claim });
    database.prepare(SQL.replaceClaims).run({ stream, number, claims: toClaimsColumn(kept) });
  }

  function addChain(
    { stream, number }: Pick<Commit, 'stream' | 'number'>,
    entries: readonly ChainEntry[],
  ): readonly ChainEntry[] {
    const row = database.prepare(SQL.events).get({ stream, number });
    if (row === undefined) throw new UnreadableCommit(stream, number, 'it is missing');
    const events = addChainEntriesToStoredEvents(stream, number, String(row['events']), entries);
    database.prepare(SQL.replaceEvents).run({ stream, number, events: JSON.stringify(events) });
    return events.map(({ chain }) => chain);
  }

  return mapSqliteErrors<Journal>({
    addChain: (key, entries) => database.write(() => addChain(key, entries)),
    append: (commit) => database.write(() => append(commit)),
    read: (stream, after = 0, limit = Number.POSITIVE_INFINITY) =>
      readCommitsInSteps((last, most) => readStep(stream, last, most), { after, limit }),
    byCommand: async (commandId) => byCommand(commandId),
    holder: async (claim) => holder(claim),
    release: (key, claims) => database.write(() => release(key, claims)),
    holdersBetween: async (range) =>
      database
        .prepare(SQL.holdersBetween)
        .all(range)
        .map(({ stream }) => String(stream)),
    countClaims: async (prefix) => Number(database.prepare(SQL.countClaims).get({ prefix })?.['count']),
    roleChanges: async () =>
      database
        .prepare(SQL.roleChanges)
        .all()
        .map(({ stream }) => String(stream)),
  });
}
