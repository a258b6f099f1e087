import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { type Standalone, startStandalone } from '../../support/standalone.ts';
import { finishDatabaseRewrite } from './file-rewrite.ts';

describe('the file of a standalone that has erased data', () => {
  let system: Standalone;
  before(async () => {
    system = await startStandalone();
  });
  after(() => system?.stop());

  function withFile<T>(work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(join(system.folder, 'latchkey.sqlite'));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  /**
   * Simulates a standalone that has erased data and has not yet rewritten its database file.
   * @param attemptedAt when a kill interrupted a rewrite, in ms since 1970; null if no rewrite was attempted
   */
  async function leaveUnfinished(attemptedAt: number | null): Promise<void> {
    await system.kill();
    withFile((database) =>
      database
        .prepare('UPDATE file_rewrite SET erasures = covered + 1, rewritten_at = NULL, attempted_at = ?')
        .run(attemptedAt),
    );
  }

  for (const [what, attemptedAt] of [
    ['at a restart', null],
    ['by an operator after a rewrite that was interrupted', Date.now()],
  ] as const)
    test(`is rewritten ${what}`, async () => {
      await leaveUnfinished(attemptedAt);
      await finishDatabaseRewrite(system);
      const { erasures, covered, rewritten_at } = withFile(
        (database) => database.prepare('SELECT * FROM file_rewrite').get() ?? {},
      );
      assert.equal(covered, erasures);
      assert.notEqual(rewritten_at, null);
    });
});
