import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testDatabase } from '@latchkey/mongo/testing';
import { commitOf, registrationOf } from '../../ports/testing/commits.ts';
import { journalContract } from '../../ports/testing/journal.contract.ts';
import { journalModelContract } from '../../ports/testing/journal.model.contract.ts';
import { createMongoJournal } from './journal.ts';
import { COMMITS, journalIndexes } from './schema.ts';

const database = testDatabase('journal', journalIndexes);

journalContract('mongo', async () => {
  const { connection } = await database.empty();
  return { journal: createMongoJournal(connection), close: async () => undefined };
});

journalModelContract(
  'mongo',
  async () => ({
    journal: createMongoJournal((await database.empty()).connection),
    clear: database.empty,
    close: async () => undefined,
  }),
  { numRuns: 100 },
);

describe('the journal on mongo', () => {
  test('stops a stream alone whose commit is damaged, without quoting it', async () => {
    const { connection } = await database.empty();
    const journal = createMongoJournal(connection);
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

  test('decides, and lets out, only what no failover takes back', async () => {
    await database.empty();
    const { connection } = await database.another('monitorCommands=true');
    const asked: (readonly [command: string, readConcern: unknown])[] = [];
    connection.getClient().on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'find') asked.push([command.find, command.readConcern?.level]);
    });
    const journal = createMongoJournal(connection);
    const commit = registrationOf('ada@example.com');
    await journal.append(commit);
    await journal.append(commit);
    await journal.read(commit.stream);
    await journal.byCommand(commit.commandId);
    await journal.holder('address:ada@example.com');
    await journal.living('ada@example.com');
    await journal.unpublished(commit.stream);
    assert.deepEqual(asked, Array(6).fill([COMMITS, 'majority']));
  });

  test('keeps nothing of the outbox or a registration where there is none', async () => {
    const { connection } = await database.empty();
    const journal = createMongoJournal(connection);
    const commit = registrationOf('ada@example.com');
    await journal.append(commit);
    await journal.markPublished([commit]);
    await journal.settle(commit.stream);
    const document = await connection.collection(COMMITS).findOne({ stream: commit.stream });
    const fields = ['_id', 'at', 'correlationId', 'events', 'number', 'sequence', 'stream'];
    assert.deepEqual(Object.keys(document ?? {}).toSorted(), fields);
  });

  test('keeps a snapshot whole, also what is empty in it', async () => {
    const { connection } = await database.empty();
    const journal = createMongoJournal(connection);
    const state = { links: {}, names: [], gone: null };
    const snapshot = { stream: 'a', number: 1, sequence: 1, stateVersion: 1, state };
    await journal.saveSnapshot(snapshot);
    assert.deepEqual(await journal.snapshot('a'), snapshot);
  });
});
