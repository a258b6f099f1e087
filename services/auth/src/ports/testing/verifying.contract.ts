/** What everybody promises who lays a journal open, whatever store it stands on. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Commit } from '../journal.ts';
import type { Stores } from '../stores.ts';
import type { JournalPages, LyingCommit } from '../verifying.ts';
import { commitOf, commitsOf, instant, registrationOf } from './commits.ts';

export interface OpenPages {
  readonly pages: JournalPages;
  readonly stores: Stores;
  /** Makes the events of a commit something that nobody can read. */
  damage(commit: Commit): Promise<void>;
  close(): Promise<void>;
}

function placeOf({ stream, number }: Pick<Commit, 'stream' | 'number'>) {
  return `${stream}/${number}`;
}

export function journalPagesContract(name: string, open: () => Promise<OpenPages>): void {
  describe(`the pages of the journal on ${name}`, () => {
    let under: OpenPages;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    async function appendAll(commits: readonly Commit[]) {
      for (const commit of commits) await under.stores.journal.append(commit);
    }
    async function readAll(): Promise<readonly LyingCommit[]> {
      return (await Array.fromAsync(under.pages.pages())).flat();
    }

    test('hold every commit once, by stream and number, however many there are of either', async () => {
      const long = commitsOf(randomUUID(), 1100);
      const short = Array.from({ length: 30 }, () => commitsOf(randomUUID(), 2)).flat();
      await appendAll([...short.slice(0, 31), ...long, ...short.slice(31)]);
      const wanted = [...short, ...long]
        .toSorted((a, b) => (a.stream === b.stream ? a.number - b.number : a.stream < b.stream ? -1 : 1))
        .map(placeOf);
      assert.deepEqual((await readAll()).map(placeOf), wanted);
    });

    test('hold a commit as it was appended, without what is auth’s alone to look up', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const commit = registrationOf('ada@example.com', { claims: ['email:ada@example.com'], traceparent });
      await appendAll([commit]);
      const { claims: _, address: _a, ...lying } = commit;
      assert.deepEqual(await readAll(), [{ ...lying, published: false }]);
      assert.deepEqual(await under.pages.ofStream(commit.stream), [{ ...lying, published: false }]);
    });

    test('tell which commits are in the outbox', async () => {
      const [first, second] = commitsOf(randomUUID(), 2) as [Commit, Commit];
      await appendAll([first, second]);
      await under.stores.outbox.markPublished([first]);
      assert.deepEqual(
        (await under.pages.ofStream(first.stream)).map(({ published }) => published),
        [true, false],
      );
    });

    test('tell why a commit cannot be read, and hold the others', async () => {
      const commits = commitsOf(randomUUID(), 3);
      await appendAll(commits);
      const [, damaged] = commits as [Commit, Commit, Commit];
      await under.damage(damaged);
      const [first, second, third] = await readAll();
      assert.ok(Array.isArray(first?.events) && Array.isArray(third?.events));
      assert.ok(second?.events instanceof Error);
      assert.match(second.events.message, /^Commit 2 of stream \S+ cannot be read: /);
    });

    test('are none where nothing was appended', async () => {
      assert.deepEqual(await readAll(), []);
      assert.deepEqual(await under.pages.ofStream(randomUUID()), []);
    });

    test('tell of leases that are over, and not of those that live or were given back', async () => {
      const { pages, stores } = under;
      const { leases, requests } = stores;
      const now = new Date(instant(100));
      const later = new Date(instant(200));
      await leases.take({ name: 'dead', holder: 'a', now, ms: 1000 });
      await leases.take({ name: 'living', holder: 'a', now, ms: 1_000_000 });
      await leases.take({ name: 'given back', holder: 'a', now, ms: 1000 });
      await leases.release('given back', 'a');
      const ids = ['1', '2', '3'];
      for (const id of ids)
        await requests.add({ id, kind: 'verification', address: 'a', at: instant(0), correlationId: 'r' });
      await requests.claim({ owner: 'a', now, leaseMs: 2000, limit: 1 });
      await requests.claim({ owner: 'b', now, leaseMs: 1_000_000, limit: 1 });

      const over = await pages.leasesOver(later);
      assert.deepEqual(
        over.toSorted((a, b) => (a.of < b.of ? -1 : 1)),
        [
          { of: 'job', name: 'dead', endedAt: new Date(now.getTime() + 1000) },
          { of: 'request', name: '1', endedAt: new Date(now.getTime() + 2000) },
        ],
      );
      assert.deepEqual(await pages.leasesOver(now), []);
    });

    test('say that the store cannot be reached once it fails', async () => {
      await appendAll([commitOf()]);
      const other = await open();
      await other.close();
      await assert.rejects(Array.fromAsync(other.pages.pages()), { name: 'StoreUnavailable' });
      await assert.rejects(other.pages.ofStream('a'), { name: 'StoreUnavailable' });
    });
  });
}
