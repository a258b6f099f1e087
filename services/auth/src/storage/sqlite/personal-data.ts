import { parseJson } from '@latchkey/process';
import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import type { PersonalDataEraser } from '../../ports/personal-data.ts';
import { erasePersonFromEvents, removeAddressClaims } from '../erased-commit.ts';
import { MAX_COMMITS_PER_EVENT_LOOP_TURN } from './commit-pages.ts';
import { claimsFromRow, toClaimsColumn } from './commits.ts';
import { removeRowsInPages } from './remove-in-pages.ts';

const SQL = {
  requests: 'DELETE FROM request WHERE address = :address',
  trusted: 'DELETE FROM trusted_address WHERE address = :address',
  snapshot: 'DELETE FROM journal_snapshot WHERE stream = :userId',
  knownSources: 'DELETE FROM known_source WHERE user_id = :userId',
  keptEvents: `DELETE FROM audit_entry WHERE id IN
    (SELECT id FROM audit_entry WHERE kept = 1 AND account = :userId LIMIT :page)`,
  unpublishedEvents: `DELETE FROM audit_entry WHERE id IN
    (SELECT id FROM audit_entry WHERE unpublished = 1 AND account = :userId LIMIT :page)`,
  unpublishedActions: `UPDATE audit_entry SET value = json_set(value, '$.person', NULL) WHERE id IN
    (SELECT id FROM audit_entry
     WHERE unpublished = 1 AND value ->> 'actor' = :userId AND value ->> 'person' IS NOT NULL LIMIT :page)`,
  commits: `SELECT number, events, claims FROM journal_commit WHERE stream = :userId AND number < :before
    ORDER BY number DESC LIMIT ${MAX_COMMITS_PER_EVENT_LOOP_TURN}`,
  eraseCommit: `UPDATE journal_commit SET events = :events, claims = :claims, address = NULL
    WHERE stream = :userId AND number = :number`,
  removeClaim: 'DELETE FROM journal_claim WHERE claim = :claim AND stream = :userId',
} as const;

const ERASING = { erases: true } as const;

/** Erases the personal data of an account from each of auth's tables in the embedded store. */
export function createSqlitePersonalData(database: Database): PersonalDataEraser {
  function remove(values: Readonly<Record<string, string>>, ...statements: readonly string[]): Promise<void> {
    return database.write(() => {
      for (const sql of statements) database.prepare(sql).run(values);
    }, ERASING);
  }

  /**
   * Erases the personal data in up to MAX_COMMITS_PER_EVENT_LOOP_TURN commits of an account: the last ones
   * whose numbers are lower than `before`.
   * @returns the lowest number of these commits, to pass as `before` to the next call; 0 if there are no more
   * commits
   */
  function eraseCommits(userId: string, before: number): number {
    const rows = database.prepare(SQL.commits).all({ userId, before });
    for (const row of rows) {
      const claims = claimsFromRow(row);
      const kept = removeAddressClaims(claims);
      database.prepare(SQL.eraseCommit).run({
        userId,
        number: Number(row['number']),
        events: JSON.stringify(erasePersonFromEvents(parseJson(String(row['events'])))),
        claims: toClaimsColumn(kept),
      });
      for (const claim of claims.filter((each) => !kept.includes(each)))
        database.prepare(SQL.removeClaim).run({ claim, userId });
    }
    return rows.length < MAX_COMMITS_PER_EVENT_LOOP_TURN ? 0 : Number(rows.at(-1)?.['number']);
  }

  return mapSqliteErrors<PersonalDataEraser>({
    removeRequests: (address) => remove({ address }, SQL.requests),
    removeTrusted: (address) => remove({ address }, SQL.trusted),
    removeSnapshot: (userId) => remove({ userId }, SQL.snapshot),
    removeKnownSources: (userId) => remove({ userId }, SQL.knownSources),
    async removeSecurityEvents(userId) {
      await removeRowsInPages(database, SQL.keptEvents, { userId }, ERASING);
      await removeRowsInPages(database, SQL.unpublishedEvents, { userId }, ERASING);
      await removeRowsInPages(database, SQL.unpublishedActions, { userId }, ERASING);
    },
    async eraseCommits(userId) {
      for (let before = Number.MAX_SAFE_INTEGER; before > 0; )
        before = await database.write(() => eraseCommits(userId, before), ERASING);
    },
  });
}
