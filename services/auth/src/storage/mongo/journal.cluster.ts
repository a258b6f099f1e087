import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testDatabase } from '@latchkey/mongo/testing';
import { commitOf, registrationOf } from '../../ports/testing/commits.ts';
import { commitStoresModelContract } from '../../ports/testing/model.contract.ts';
import { COMMITS } from './commits.ts';
import { authIndexes, openMongoStores } from './index.ts';

const database = testDatabase('journal', authIndexes);

commitStoresModelContract(
  'mongo',
  async () => ({
    stores: openMongoStores((await database.empty()).connection),
    clear: database.empty,
    close: async () => undefined,
  }),
  { numRuns: 100 },
);

describe('the journal on mongo', () => {
  test('stops only the stream whose commit is damaged, without quoting it', async () => {
    const { connection } = await database.empty();
    const { journal } = openMongoStores(connection);
    const [damaged, sound] = [commitOf(), commitOf()];
    await journal.append(damaged);
    await journal.append(sound);
    for (const events of [[], [1], [{ type: 'SessionsRevoked' }], 'text', null]) {
      await connection.collection(COMMITS).updateOne({ stream: damaged.stream }, { $set: { events } });
      await assert.rejects(journal.read(damaged.stream), {
        name: 'UnreadableCommit',
        message: `Commit 1 of stream ${damaged.stream} cannot be read: not a list of events.`,
      });
    }
    assert.deepEqual(await journal.read(sound.stream), [sound]);
  });

  test('decides on, and publishes, only what no failover can roll back', async () => {
    await database.empty();
    const { connection } = await database.another('monitorCommands=true');
    const asked: (readonly [command: string, readConcern: unknown])[] = [];
    connection.getClient().on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'find') asked.push([command.find, command.readConcern?.level]);
    });
    const { journal, outbox, registrations } = openMongoStores(connection);
    const commit = registrationOf('ada@example.com');
    await journal.append(commit);
    await journal.append(commit);
    await journal.read(commit.stream);
    await journal.byCommand(commit.commandId);
    await journal.holder('address:ada@example.com');
    await registrations.living('ada@example.com');
    await outbox.unpublished([commit.stream]);
    assert.deepEqual(asked, Array(6).fill([COMMITS, 'majority']));
  });

  test('keeps nothing of the outbox or a registration where there is none', async () => {
    const { connection } = await database.empty();
    const { journal, outbox, registrations } = openMongoStores(connection);
    const commit = registrationOf('ada@example.com');
    await journal.append(commit);
    await outbox.markPublished([commit]);
    await registrations.settle(commit.stream);
    const document = await connection.collection(COMMITS).findOne({ stream: commit.stream });
    const fields = ['_id', 'at', 'correlationId', 'events', 'number', 'sequence', 'stream'];
    assert.deepEqual(Object.keys(document ?? {}).toSorted(), fields);
  });

  test('keeps a snapshot whole, including what is empty in it', async () => {
    const { connection } = await database.empty();
    const { snapshots } = openMongoStores(connection);
    const state = { links: {}, names: [], gone: null };
    const snapshot = { stream: 'a', number: 1, sequence: 1, stateVersion: 1, state };
    await snapshots.save(snapshot);
    assert.deepEqual(await snapshots.find('a'), snapshot);
  });
});
