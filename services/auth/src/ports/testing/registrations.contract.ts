/** Defines the tests that every store of open registrations must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Journal } from '../journal.ts';
import type { Outbox } from '../outbox.ts';
import type { OpenRegistration, OpenRegistrationStore } from '../registrations.ts';
import {
  appendCommits,
  createCommit,
  createMany,
  createRegistrationCommit,
  createTestInstant,
  getCommitNumbers,
  readUnpublishedCommits,
} from './commits.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

function streams(registrations: readonly OpenRegistration[]) {
  return registrations.map(({ stream }) => stream);
}

export function defineRegistrationsContractTests(name: string, open: OpenEmptyStores): void {
  describe(`open registrations on ${name}`, () => {
    let journal: Journal;
    let outbox: Outbox;
    let registrations: OpenRegistrationStore;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      ({ journal, outbox, registrations } = opened.stores);
      close = opened.close;
    });
    afterEach(() => close());

    test('of an address come newest first, until they are settled', async () => {
      const address = 'ada@example.com';
      const commits = createMany(3, (index) =>
        createRegistrationCommit(address, { at: createTestInstant(index) }),
      );
      await appendCommits(journal, [...commits.toReversed(), createRegistrationCommit('grace@example.com')]);
      const expected = commits.map(({ stream, at }) => ({ stream, address, at })).toReversed();
      assert.deepEqual(await registrations.living(address), expected);

      await registrations.settle(expected[1]?.stream ?? '');
      assert.deepEqual(streams(await registrations.living(address)), [
        expected[0]?.stream,
        expected[2]?.stream,
      ]);
    });

    test('can be settled any number of times, which affects no others', async () => {
      const commit = createRegistrationCommit('ada@example.com', { claims: ['a'] });
      await appendCommits(journal, [commit, createCommit({ stream: commit.stream, number: 2 })]);
      await registrations.settle(commit.stream);
      await registrations.settle(commit.stream);
      await registrations.settle(randomUUID());
      assert.deepEqual(await registrations.living('ada@example.com'), []);
      const [first] = await journal.read(commit.stream);
      assert.equal(first?.address, undefined);
      assert.deepEqual(first?.events, commit.events);
      assert.equal(await journal.holder('a'), commit.stream);
      assert.deepEqual(getCommitNumbers(await readUnpublishedCommits(outbox, commit.stream)), [1, 2]);
    });

    test('come oldest first, page by page, each once, even if times are equal', async () => {
      const commits = createMany(25, (index) =>
        createRegistrationCommit(`${index}@example.com`, {
          at: createTestInstant(Math.floor(index / 10)),
        }),
      );
      await appendCommits(journal, [...commits.toReversed(), createCommit()]);
      const seen: OpenRegistration[] = [];
      for (;;) {
        const after = seen.at(-1);
        const page = await registrations.page({ ...(after === undefined ? {} : { after }), limit: 4 });
        assert.ok(page.length <= 4);
        if (page.length === 0) break;
        seen.push(...page);
      }
      assert.deepEqual(
        seen.map(({ at }) => at),
        commits.map(({ at }) => at),
      );
      assert.deepEqual(new Set(streams(seen)), new Set(commits.map(({ stream }) => stream)));
      assert.equal(seen.length, 25);
    });

    test('come up to an instant, which is included', async () => {
      const commits = createMany(4, (index) =>
        createRegistrationCommit('ada@example.com', { at: createTestInstant(index) }),
      );
      await appendCommits(journal, commits);
      const [first, second, third] = streams(await registrations.page({ limit: 9 }));
      const until = new Date(createTestInstant(2));
      assert.deepEqual(streams(await registrations.page({ until, limit: 9 })), [first, second, third]);
      const [after] = await registrations.page({ limit: 1 });
      assert.ok(after);
      assert.deepEqual(streams(await registrations.page({ after, until, limit: 9 })), [second, third]);
    });

    test('keep their place while those before them are settled', async () => {
      const commits = createMany(4, (index) =>
        createRegistrationCommit('ada@example.com', { at: createTestInstant(index) }),
      );
      await appendCommits(journal, commits);
      const [first, second] = await registrations.page({ limit: 2 });
      assert.ok(first && second);
      await registrations.settle(first.stream);
      await registrations.settle(second.stream);
      const rest = await registrations.page({ after: second, limit: 2 });
      assert.deepEqual(streams(rest), [commits[2]?.stream, commits[3]?.stream]);
    });
  });
}
