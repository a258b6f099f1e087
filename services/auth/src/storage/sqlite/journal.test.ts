import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createCommit } from '../../ports/testing/commits.ts';
import { openTemporaryStores } from './stores.fixture.ts';

describe('the journal on sqlite', () => {
  test('says that it cannot be reached once its store fails', async () => {
    const { database, stores, close } = await openTemporaryStores();
    database.exec('ALTER TABLE journal_commit RENAME TO gone');
    const unavailable = { name: 'StoreUnavailable' };
    await assert.rejects(stores.journal.append(createCommit()), unavailable);
    await assert.rejects(stores.journal.read(randomUUID()), unavailable);
    await close();
  });

  test('blocks only the stream whose commit is damaged, without quoting it', async () => {
    const { database, stores, close } = await openTemporaryStores();
    const { journal } = stores;
    const [damaged, sound] = [createCommit(), createCommit()];
    await journal.append(damaged);
    await journal.append(sound);
    for (const events of ['[{"type":"Sess', '{}', '[]', '[1]']) {
      const damage = database.prepare('UPDATE journal_commit SET events = :events WHERE stream = :stream');
      await database.write(() => void damage.run({ events, stream: damaged.stream }));
      await assert.rejects(journal.read(damaged.stream), {
        name: 'UnreadableCommit',
        message: `Commit 1 of stream ${damaged.stream} cannot be read: not a list of events.`,
      });
    }
    assert.deepEqual(await journal.read(sound.stream), [sound]);
    await close();
  });
});
