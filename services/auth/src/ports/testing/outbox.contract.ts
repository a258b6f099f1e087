/** Defines the tests that every outbox of unpublished commits must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Commit, Journal } from '../journal.ts';
import type { Outbox } from '../outbox.ts';
import {
  appendCommits,
  createCommit,
  createCommits,
  createMany,
  createTestInstant,
  getCommitNumbers,
  readUnpublishedCommits,
} from './commits.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

export function defineOutboxContractTests(name: string, open: OpenEmptyStores): void {
  describe(`the outbox on ${name}`, () => {
    let journal: Journal;
    let outbox: Outbox;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      ({ journal, outbox } = opened.stores);
      close = opened.close;
    });
    afterEach(() => close());

    const later = new Date(createTestInstant(1000));
    async function waiting(before = later, limit = 100) {
      return (await outbox.waiting({ recent: { from: before, to: later }, limit })).streams;
    }

    test('holds the unpublished commits, by number', async () => {
      const commits = createCommits(randomUUID(), 11);
      const { stream } = commits[0] as Commit;
      await appendCommits(journal, commits);
      assert.deepEqual(await readUnpublishedCommits(outbox, stream), commits);
      await outbox.markPublished(commits.slice(0, 9));
      assert.deepEqual(getCommitNumbers(await readUnpublishedCommits(outbox, stream)), [10, 11]);
      assert.deepEqual(await journal.read(stream), commits);
    });

    test('gives each of many streams that are asked for at the same time its own, by number', async () => {
      const streams = createMany(20, () => createCommits(randomUUID(), 3));
      await appendCommits(
        journal,
        streams
          .flat()
          .toReversed()
          .toSorted((a, b) => a.number - b.number),
      );
      const asked = [randomUUID(), ...streams.map(([first]) => first?.stream ?? ''), randomUUID()];
      const found = await Promise.all(asked.map((stream) => readUnpublishedCommits(outbox, stream)));
      assert.deepEqual(found, [[], ...streams, []]);
    });

    test('is left only once, however often a commit is marked as published', async () => {
      const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
      await appendCommits(journal, [first, second]);
      await outbox.markPublished([first]);
      await outbox.markPublished([first, { stream: randomUUID(), number: 1 }]);
      await outbox.markPublished([]);
      assert.deepEqual(await readUnpublishedCommits(outbox, first.stream), [second]);
      assert.equal((await outbox.backlog()).commits, 1);
    });

    test('is not entered again by a repeated append', async () => {
      const commit = createCommit();
      await appendCommits(journal, [commit]);
      await outbox.markPublished([commit]);
      assert.equal((await journal.append(commit)).outcome, 'repeated');
      assert.deepEqual(await outbox.backlog(), { commits: 0 });
    });

    test('returns the streams that have waited longest, each once, and reads no more commits than requested', async () => {
      const [a, b, c] = createMany(3, () => randomUUID()) as [string, string, string];
      const first = createCommit({ stream: a, at: createTestInstant(1) });
      await appendCommits(journal, [
        createCommit({ stream: b, at: createTestInstant(2) }),
        first,
        createCommit({ stream: a, number: 2, at: createTestInstant(3) }),
        createCommit({ stream: c, at: createTestInstant(4) }),
      ]);
      assert.deepEqual(await waiting(), [a, b, c]);
      assert.deepEqual(await waiting(later, 2), [a, b]);
      await outbox.markPublished([first]);
      assert.deepEqual(await waiting(), [b, a, c]);
    });

    test('returns only those that were appended before an instant', async () => {
      const [early, late] = [
        createCommit({ at: createTestInstant(1) }),
        createCommit({ at: createTestInstant(2) }),
      ];
      await appendCommits(journal, [early, late]);
      assert.deepEqual(await waiting(new Date(createTestInstant(1))), []);
      assert.deepEqual(await waiting(new Date(createTestInstant(2))), [early.stream]);
    });

    test('returns those that a clock has stamped with a later time, and all without a recent range', async () => {
      const [early, recent, future] = [
        createCommit({ at: createTestInstant(1) }),
        createCommit({ at: createTestInstant(2) }),
        createCommit({ at: createTestInstant(5) }),
      ];
      await appendCommits(journal, [future, recent, early]);
      const span = { from: new Date(createTestInstant(2)), to: new Date(createTestInstant(3)) };
      const timeOf = ({ at }: Commit) => new Date(at);
      assert.deepEqual(await outbox.waiting({ recent: span, limit: 1 }), {
        streams: [early.stream, future.stream],
        last: timeOf(early),
        hasMore: false,
      });
      assert.deepEqual(await outbox.waiting({ recent: span, after: timeOf(early), limit: 9 }), {
        streams: [],
        hasMore: false,
      });
      assert.deepEqual(await outbox.waiting({ limit: 9 }), {
        streams: [early.stream, recent.stream, future.stream],
        last: timeOf(future),
        hasMore: false,
      });
      assert.deepEqual(await outbox.waiting({ limit: 2 }), {
        streams: [early.stream, recent.stream],
        last: timeOf(recent),
        hasMore: true,
      });
    });

    test('returns page after page, with all commits of one time on the same page', async () => {
      const times = [1, 2, 3, 3, 3, 4];
      const commits = times.map((second) => createCommit({ at: createTestInstant(second) }));
      const streams = commits.map(({ stream }) => stream);
      await appendCommits(journal, commits);
      const pages: unknown[] = [];
      let after: Date | undefined;
      for (let hasMore = true; hasMore; ) {
        const page = await outbox.waiting({ limit: 3, ...(after && { after }) });
        pages.push([...page.streams].sort());
        ({ last: after, hasMore } = page);
      }
      assert.deepEqual(pages, [streams.slice(0, 5).sort(), streams.slice(5)]);
    });

    test('does not skip a writer that comes late with an earlier time', async () => {
      const [early, late] = [
        createCommit({ at: createTestInstant(1) }),
        createCommit({ at: createTestInstant(5) }),
      ];
      await appendCommits(journal, [late]);
      await outbox.markPublished([late]);
      assert.deepEqual(await waiting(), []);
      await appendCommits(journal, [early]);
      assert.deepEqual(await waiting(), [early.stream]);
    });

    test('reports the number of waiting commits, and the time of the oldest', async () => {
      assert.deepEqual(await outbox.backlog(), { commits: 0 });
      const commits = [
        createCommit({ at: createTestInstant(7) }),
        createCommit({ at: createTestInstant(3) }),
      ];
      await appendCommits(journal, commits);
      assert.deepEqual(await outbox.backlog(), { commits: 2, oldest: createTestInstant(3) });
      await outbox.markPublished(commits);
      assert.deepEqual(await outbox.backlog(), { commits: 0 });
    });
  });
}
