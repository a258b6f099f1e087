/** Defines the tests that every adapter of {@link StoredCommitReader} must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Commit } from '../journal.ts';
import type { StoredCommit } from '../stored-commits.ts';
import type { AuthStores } from '../stores.ts';
import { createCommit, createCommits, createRegistrationCommit, createTestInstant } from './commits.ts';

export interface StoredCommitsFixture {
  readonly stores: AuthStores;
  /** Overwrites the events of a stored commit with unreadable data. */
  damage(commit: Commit): Promise<void>;
  close(): Promise<void>;
}

function placeOf({ stream, number }: Pick<Commit, 'stream' | 'number'>) {
  return `${stream}/${number}`;
}

export function defineStoredCommitsContractTests(
  name: string,
  open: () => Promise<StoredCommitsFixture>,
): void {
  describe(`stored commits on ${name}`, () => {
    let under: StoredCommitsFixture;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    async function appendAll(commits: readonly Commit[]) {
      for (const commit of commits) await under.stores.journal.append(commit);
    }
    async function readAll(): Promise<readonly StoredCommit[]> {
      return (await Array.fromAsync(under.stores.storedCommits.pages())).flat();
    }

    test('are read once each, by stream and number, however many there are of either', async () => {
      const long = createCommits(randomUUID(), 1100);
      const short = Array.from({ length: 30 }, () => createCommits(randomUUID(), 2)).flat();
      await appendAll([...short.slice(0, 31), ...long, ...short.slice(31)]);
      const wanted = [...short, ...long]
        .toSorted((a, b) => (a.stream === b.stream ? a.number - b.number : a.stream < b.stream ? -1 : 1))
        .map(placeOf);
      assert.deepEqual((await readAll()).map(placeOf), wanted);
    });

    test('are as they were appended, without claims and address', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const commit = createRegistrationCommit('ada@example.com', {
        claims: ['email:ada@example.com'],
        traceparent,
      });
      await appendAll([commit]);
      const { claims: _, address: _a, ...stored } = commit;
      assert.deepEqual(await readAll(), [{ ...stored, published: false }]);
      assert.deepEqual(await under.stores.storedCommits.ofStream(commit.stream), [
        { ...stored, published: false },
      ]);
    });

    test('tell which of them are in the outbox', async () => {
      const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
      await appendAll([first, second]);
      await under.stores.outbox.markPublished([first]);
      assert.deepEqual(
        (await under.stores.storedCommits.ofStream(first.stream)).map(({ published }) => published),
        [true, false],
      );
    });

    test('that cannot be read come with the reason, and the others as usual', async () => {
      const commits = createCommits(randomUUID(), 3);
      await appendAll(commits);
      const [, damaged] = commits as [Commit, Commit, Commit];
      await under.damage(damaged);
      const [first, second, third] = await readAll();
      assert.ok(Array.isArray(first?.events) && Array.isArray(third?.events));
      assert.ok(second?.events instanceof Error);
      assert.match(second.events.message, /^Commit 2 of stream \S+ cannot be read: /);
    });

    test('are none if nothing was appended', async () => {
      assert.deepEqual(await readAll(), []);
      assert.deepEqual(await under.stores.storedCommits.ofStream(randomUUID()), []);
    });

    test('come with expired leases, without those that are current or were released', async () => {
      const { leases, requests, storedCommits } = under.stores;
      const now = new Date(createTestInstant(100));
      const later = new Date(createTestInstant(200));
      const ending = new Date(now.getTime() + 1000);
      await leases.insert({ name: 'dead', holder: 'a', until: ending });
      await leases.insert({ name: 'living', holder: 'a', until: new Date(now.getTime() + 1_000_000) });
      await leases.insert({ name: 'given back', holder: 'a', until: ending });
      await leases.remove('given back', 'a');
      const ids = ['1', '2', '3'];
      for (const id of ids)
        await requests.add({
          id,
          kind: 'verification',
          address: 'a',
          at: createTestInstant(0),
          correlationId: 'r',
        });
      await requests.claim({ owner: 'a', now, leaseMs: 2000, limit: 1 });
      await requests.claim({ owner: 'b', now, leaseMs: 1_000_000, limit: 1 });

      const expired = await storedCommits.expiredLeases(later);
      assert.deepEqual(
        expired.toSorted((a, b) => (a.of < b.of ? -1 : 1)),
        [
          { of: 'job', name: 'dead', endedAt: new Date(now.getTime() + 1000) },
          { of: 'request', name: '1', endedAt: new Date(now.getTime() + 2000) },
        ],
      );
      assert.deepEqual(await storedCommits.expiredLeases(now), []);
    });

    test('reject with StoreUnavailable once the store fails', async () => {
      await appendAll([createCommit()]);
      const other = await open();
      await other.close();
      await assert.rejects(Array.fromAsync(other.stores.storedCommits.pages()), { name: 'StoreUnavailable' });
      await assert.rejects(other.stores.storedCommits.ofStream('a'), { name: 'StoreUnavailable' });
    });
  });
}
