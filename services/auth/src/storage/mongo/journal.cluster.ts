import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { type Connection, mongo } from 'mongoose';
import type { Commit } from '../../ports/journal.ts';
import {
  createCommit,
  createCommits,
  createRegistrationCommit,
  createTestInstant,
} from '../../ports/testing/commits.ts';
import { defineCommitStoresModelContractTests } from '../../ports/testing/model.contract.ts';
import { COMMITS_COLLECTION, toCommitDocument } from './commits.ts';
import { authIndexes, openMongoAuthStores } from './index.ts';

const database = createTestDatabase('journal', authIndexes, []);

defineCommitStoresModelContractTests(
  'mongo',
  async () => ({
    stores: openMongoAuthStores((await database.empty()).connection),
    clear: database.empty,
    close: async () => undefined,
  }),
  { numRuns: 100 },
);

describe('the journal on mongo', () => {
  test('blocks only the stream whose commit is damaged, without quoting it', async () => {
    const { connection } = await database.empty();
    const { journal } = openMongoAuthStores(connection);
    const [damaged, sound] = [createCommit(), createCommit()];
    await journal.append(damaged);
    await journal.append(sound);
    for (const events of [[], [1], [{ type: 'SessionsRevoked' }], 'text', null]) {
      await connection
        .collection(COMMITS_COLLECTION)
        .updateOne({ stream: damaged.stream }, { $set: { events } });
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
    const { journal, outbox, registrations } = openMongoAuthStores(connection);
    const commit = createRegistrationCommit('ada@example.com');
    await journal.append(commit);
    await journal.append(commit);
    await journal.read(commit.stream);
    await journal.byCommand(commit.commandId);
    await journal.holder('address:ada@example.com');
    await journal.roleChanges();
    await registrations.living('ada@example.com');
    await outbox.unpublished([commit.stream]);
    // Only the first read uses the read concern `local`, which asks the primary alone: it finds out which of
    // the competing commits came first. All other reads use the read concern `majority`.
    assert.deepEqual(asked, [
      [COMMITS_COLLECTION, 'local'],
      ...Array(7).fill([COMMITS_COLLECTION, 'majority']),
    ]);
  });

  test('reads a stream with many commits in several responses', async () => {
    await database.empty();
    const { connection } = await database.another('monitorCommands=true');
    const commits = createCommits(randomUUID(), 1100);
    const { stream } = commits[0] as Commit;
    const { journal, outbox } = openMongoAuthStores(connection);
    await connection.collection(COMMITS_COLLECTION).insertMany(commits.map(toCommitDocument) as object[]);
    const sizes: number[] = [];
    connection.getClient().on('commandSucceeded', ({ reply }) => {
      const { cursor } = reply as { readonly cursor?: Record<'firstBatch' | 'nextBatch', unknown[]> };
      sizes.push((cursor?.firstBatch ?? cursor?.nextBatch ?? []).length);
    });
    assert.deepEqual(await journal.read(stream), commits);
    assert.deepEqual(sizes.splice(0), [500, 500, 100]);
    assert.deepEqual(await Promise.all([journal.read(stream), journal.read(stream, 900)]), [
      commits,
      commits.slice(900),
    ]);
    assert.deepEqual(sizes.splice(0), [500, 500, 100]);
    assert.deepEqual((await outbox.unpublished([stream])).get(stream), commits);
    assert.deepEqual(sizes, [500, 500, 100]);
  });

  test('reads one page of the outbox, not the whole backlog', async () => {
    await database.empty();
    const { connection } = await database.another('monitorCommands=true');
    const commits = Array.from({ length: 50 }, (_, index) => createCommit({ at: createTestInstant(index) }));
    const { outbox } = openMongoAuthStores(connection);
    await connection.collection(COMMITS_COLLECTION).insertMany(commits.map(toCommitDocument) as object[]);
    let documents = 0;
    connection.getClient().on('commandSucceeded', ({ reply }) => {
      const { cursor } = reply as { readonly cursor?: Record<'firstBatch' | 'nextBatch', unknown[]> };
      documents += (cursor?.firstBatch ?? cursor?.nextBatch ?? []).length;
    });
    const { last: after } = await outbox.waiting({ limit: 10 });
    assert.equal(documents, 11);
    assert.ok(after);
    const next = await outbox.waiting({ after, limit: 10 });
    assert.deepEqual(
      next.streams,
      commits.slice(10, 20).map(({ stream }) => stream),
    );
    assert.equal(documents, 22);
  });

  test('removes the fields of the outbox and of the registration once they are done', async () => {
    const { connection } = await database.empty();
    const { journal, outbox, registrations } = openMongoAuthStores(connection);
    const commit = createRegistrationCommit('ada@example.com');
    await journal.append(commit);
    await outbox.markPublished([commit]);
    await registrations.settle(commit.stream);
    const document = await connection.collection(COMMITS_COLLECTION).findOne({ stream: commit.stream });
    const fields = ['_id', 'at', 'correlationId', 'events', 'number', 'sequence', 'stream'];
    assert.deepEqual(Object.keys(document ?? {}).toSorted(), fields);
  });

  test('keeps a snapshot whole, including what is empty in it', async () => {
    const { connection } = await database.empty();
    const { snapshots } = openMongoAuthStores(connection);
    const state = { links: {}, names: [], gone: null };
    const snapshot = { stream: 'a', number: 1, sequence: 1, stateVersion: 1, state };
    await snapshots.save(snapshot);
    assert.deepEqual(await snapshots.find('a'), snapshot);
  });
});

/**
 * Returns a connection that behaves as if no majority of the replica set had confirmed the writes, until the
 * test calls `confirm`.
 */
function withoutMajority(connection: Connection) {
  let confirms = false;
  const wrapped = new Proxy(connection, {
    get(target, name, receiver) {
      if (name !== 'collection') return Reflect.get(target, name, receiver);
      return (collection: string) => {
        const commits = target.collection(collection);
        return {
          insertOne: async (document: object) => {
            await commits.insertOne(document);
            throw new mongo.MongoServerError({ message: 'waiting for replication timed out', code: 64 });
          },
          findOne: async (filter: object, { readConcern, ...options }: { readonly readConcern: unknown }) =>
            readConcern === 'majority' && !confirms ? null : commits.findOne(filter, options),
        };
      };
    },
  });
  return {
    connection: wrapped,
    confirm: () => {
      confirms = true;
    },
  };
}

describe('a commit whose write concern failed', () => {
  test('is repeated once a majority has it, and never loses a race against itself', async () => {
    const { connection } = await database.empty();
    const primary = withoutMajority(connection);
    const { journal } = openMongoAuthStores(primary.connection);
    const commit = createCommit();
    await assert.rejects(journal.append(commit), { name: 'StoreUnavailable' });
    const again = journal.append(commit);
    primary.confirm();
    assert.deepEqual(await again, { outcome: 'repeated', commit });
  });

  test('is unavailable, not lost, as long as no majority has it', async () => {
    const { connection } = await database.empty();
    const { journal } = openMongoAuthStores(withoutMajority(connection).connection);
    const commit = createCommit();
    for (const _ of Array(2).keys())
      await assert.rejects(journal.append(commit), { name: 'StoreUnavailable' });
    const second = createCommit({ stream: commit.stream });
    await assert.rejects(journal.append(second), { name: 'StoreUnavailable' });
  });

  test('makes a concurrent commit lose the race once a majority has it', async () => {
    const { connection } = await database.empty();
    const primary = withoutMajority(connection);
    const { journal } = openMongoAuthStores(primary.connection);
    const first = createCommit();
    await assert.rejects(journal.append(first), { name: 'StoreUnavailable' });
    const second = journal.append(createCommit({ stream: first.stream }));
    primary.confirm();
    assert.deepEqual(await second, { outcome: 'lost' });
  });
});
