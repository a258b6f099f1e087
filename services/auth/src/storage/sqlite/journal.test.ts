import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Database } from '@latchkey/sqlite';
import { commitOf, registrationOf } from '../../ports/testing/commits.ts';
import { journalContract } from '../../ports/testing/journal.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteJournal } from './journal.ts';

journalContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { journal: createSqliteJournal(database), close };
});

describe('the journal on sqlite', () => {
  test('says that it cannot be reached once its store fails', async () => {
    const { database, close } = await temporaryDatabase();
    const journal = createSqliteJournal(database);
    database.exec('ALTER TABLE journal_commit RENAME TO gone');
    const unavailable = { name: 'StoreUnavailable' };
    await assert.rejects(journal.append(commitOf()), unavailable);
    await assert.rejects(journal.read(randomUUID()), unavailable);
    await close();
  });

  test('stops a stream alone whose commit is damaged, without quoting it', async () => {
    const { database, close } = await temporaryDatabase();
    const journal = createSqliteJournal(database);
    const [damaged, sound] = [commitOf(), commitOf()];
    await journal.append(damaged);
    await journal.append(sound);
    for (const damage of ['[{"type":"Sess', '{}', '[]', '[1]']) {
      await database.write(
        () =>
          void database
            .prepare('UPDATE journal_commit SET events = ? WHERE stream = ?')
            .run(damage, damaged.stream),
      );
      await assert.rejects(journal.read(damaged.stream), {
        name: 'UnreadableCommit',
        message: `Commit 1 of stream ${damaged.stream} cannot be read: not a list of events.`,
      });
    }
    assert.deepEqual(await journal.read(sound.stream), [sound]);
    await close();
  });

  test('searches an index with every query', async () => {
    const { database, close } = await temporaryDatabase();
    const statements = new Set<string>();
    const recording: Database = {
      ...database,
      prepare(sql) {
        statements.add(sql);
        return database.prepare(sql);
      },
    };
    const journal = createSqliteJournal(recording);
    const commit = registrationOf('ada@example.com', { claims: ['a'] });
    const { stream } = commit;
    await journal.append(commit);
    await journal.read(stream);
    await journal.byCommand(commit.commandId);
    await journal.holder('a');
    await journal.living('ada@example.com');
    await journal.registrations({ limit: 1 });
    await journal.settle(stream);
    await journal.unpublished(stream);
    await journal.waiting({ before: new Date(), limit: 1 });
    await journal.backlog();
    await journal.markPublished([commit]);
    await journal.saveSnapshot({ stream, number: 1, sequence: 1, stateVersion: 1, state: {} });
    await journal.snapshot(stream);
    await journal.checkFingerprints({ salt: 's' });

    const plans = [...statements].flatMap((sql) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map((row) => String(row['detail'])),
    );
    assert.ok(plans.length >= 12);
    // A scan of the outbox's own partial index is as long as the backlog.
    const outbox = /USING (?:COVERING )?INDEX journal_unpublished_by_time/;
    assert.deepEqual(
      plans.filter((plan) => (/SCAN/.test(plan) && !outbox.test(plan)) || /TEMP B-TREE/.test(plan)),
      [],
    );
    await close();
  });
});
