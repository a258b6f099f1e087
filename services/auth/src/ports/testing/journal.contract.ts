/** Defines the tests that every store of the journal must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type AppendResult, type Commit, type Journal, UnreadableCommit } from '../journal.ts';
import type { Outbox } from '../outbox.ts';
import type { OpenRegistrationStore } from '../registrations.ts';
import {
  appendCommits,
  createCommit,
  createCommits,
  createMany,
  createRegistrationCommit,
  createRoleChangedFact,
  createSessionsRevokedFact,
  getCommitNumbers,
  readUnpublishedCommits,
  removeChainEntries,
} from './commits.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

function outcomes(results: readonly AppendResult[], outcome: AppendResult['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length;
}

export function defineJournalContractTests(name: string, open: OpenEmptyStores): void {
  describe(`the journal on ${name}`, () => {
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

    describe('addChain', () => {
      test('stores the entries of a commit that has none, once', async () => {
        const [first, second] = [createCommit(), createCommit()];
        const bare = removeChainEntries(first);
        await appendCommits(journal, [bare]);
        const entries = first.events.flatMap(({ chain }) => chain ?? []);
        const others = second.events.flatMap(({ chain }) => chain ?? []);
        assert.deepEqual(await journal.addChain(bare, entries), entries);
        assert.deepEqual(await journal.addChain(bare, others), entries);
        assert.deepEqual(await journal.read(bare.stream), [first]);
        assert.deepEqual(await readUnpublishedCommits(outbox, bare.stream), [first]);
      });

      test('lets one of several processes store its entries, whole', async () => {
        const stream = randomUUID();
        const events = [createSessionsRevokedFact(stream), createSessionsRevokedFact(stream)];
        const variants = createMany(10, () => createCommit({ stream, events }));
        const [bare] = variants.map(removeChainEntries);
        assert.ok(bare);
        await appendCommits(journal, [bare]);
        const given = variants.map((commit) => commit.events.flatMap(({ chain }) => chain ?? []));
        const stored = await Promise.all(given.map((entries) => journal.addChain(bare, entries)));
        for (const each of stored) assert.deepEqual(each, stored[0]);
        assert.ok(given.some((entries) => entries.at(-1)?.hash === stored[0]?.at(-1)?.hash));
      });

      test('reports a commit that does not exist', async () => {
        await assert.rejects(journal.addChain(createCommit(), []), UnreadableCommit);
      });
    });

    describe('release', () => {
      const [kept, given] = ['address:ada@example.com', 'address:countess@example.com'] as const;

      test('lets another commit take what it releases, and that alone', async () => {
        const commit = createCommit({ claims: [kept, given] });
        await appendCommits(journal, [commit]);
        await journal.release(commit, [given]);
        assert.deepEqual(await journal.read(commit.stream), [{ ...commit, claims: [kept] }]);
        assert.equal((await journal.append(createCommit({ claims: [kept] }))).outcome, 'lost');
        const next = createCommit({ claims: [given] });
        await appendCommits(journal, [next]);
        assert.equal(await journal.holder(given), next.stream);
        assert.equal(await journal.holder(kept), commit.stream);
      });

      test('may be repeated, and takes nothing from a commit that has the claim by then', async () => {
        const [first, second] = [createCommit({ claims: [given] }), createCommit({ claims: [kept] })];
        await appendCommits(journal, [first, second]);
        await journal.release(first, [given, kept]);
        await journal.release(second, [kept]);
        const { claims: _, ...bare } = first;
        assert.deepEqual(await journal.read(first.stream), [bare]);
        const later = createCommit({ stream: first.stream, number: 2, sequence: 2, claims: [given] });
        await appendCommits(journal, [later]);
        await journal.release(first, [given]);
        assert.equal(await journal.holder(given), first.stream);
        assert.equal(await journal.holder(kept), undefined);
      });

      test('is a no-op for a commit that does not exist', async () => {
        await journal.release(createCommit(), [given]);
        assert.equal(await journal.holder(given), undefined);
      });

      test('finds the streams that hold claims of a range, each once', async () => {
        const one = createCommit({ claims: ['release:1:a', 'release:2:a', 'other'] });
        const two = createCommit({ claims: ['release:3:b'] });
        await appendCommits(journal, [one, two]);
        assert.deepEqual(await journal.holdersBetween({ from: 'release:', before: 'release:3' }), [
          one.stream,
        ]);
        const all = await journal.holdersBetween({ from: 'release:', before: 'release:4' });
        assert.deepEqual(all.toSorted(), [one.stream, two.stream].toSorted());
        assert.deepEqual(await journal.holdersBetween({ from: 'a', before: 'b' }), []);
      });
    });

    describe('append', () => {
      test('returns a commit as it was appended', async () => {
        const address = 'ada@example.com';
        const commit = createRegistrationCommit(address, {
          claims: [`email:${address}`, 'another'],
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        });
        await appendCommits(journal, [commit]);
        assert.deepEqual(await journal.read(commit.stream), [commit]);
        assert.deepEqual(await readUnpublishedCommits(outbox, commit.stream), [commit]);
      });

      test('lets one of 50 parallel commits with one number win', async () => {
        const stream = randomUUID();
        const commits = createMany(50, () => createCommit({ stream }));
        const results = await Promise.all(commits.map((commit) => journal.append(commit)));
        assert.equal(outcomes(results, 'appended'), 1);
        assert.equal(outcomes(results, 'lost'), 49);
        const winner = commits[results.findIndex(({ outcome }) => outcome === 'appended')];
        assert.deepEqual(await journal.read(stream), [winner]);
      });

      test('lets one of 50 parallel streams take a claim', async () => {
        const commits = createMany(50, () => createCommit({ claims: ['email:ada@example.com'] }));
        const results = await Promise.all(commits.map((commit) => journal.append(commit)));
        assert.equal(outcomes(results, 'appended'), 1);
        assert.equal(outcomes(results, 'lost'), 49);
        const winner = commits[results.findIndex(({ outcome }) => outcome === 'appended')];
        assert.equal(await journal.holder('email:ada@example.com'), winner?.stream);
      });

      test('is found again by its command', async () => {
        const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
        await appendCommits(journal, [first, second]);
        assert.deepEqual(await journal.byCommand(second.commandId), second);
        assert.equal(await journal.byCommand(randomUUID()), undefined);
      });

      test('answers a repeated commit with the commit, even once others have followed', async () => {
        const [first, second] = createCommits(randomUUID(), 2) as [Commit, Commit];
        await appendCommits(journal, [first]);
        assert.deepEqual(await journal.append(first), { outcome: 'repeated', commit: first });
        await appendCommits(journal, [second]);
        assert.deepEqual(await journal.append(first), { outcome: 'repeated', commit: first });
        assert.deepEqual(await journal.read(first.stream), [first, second]);
      });

      test('answers a repeated commit that took a claim with the commit', async () => {
        const commit = createCommit({ claims: ['email:ada@example.com'] });
        await appendCommits(journal, [commit]);
        assert.deepEqual(await journal.append(commit), { outcome: 'repeated', commit });
      });

      test('answers a command with its first commit, whatever it decides the next time', async () => {
        const commit = createCommit();
        await appendCommits(journal, [commit]);
        const { commandId, stream } = commit;
        const otherwise = createCommit({ stream, commandId, number: 2, claims: ['a'] });
        const elsewhere = createCommit({ commandId });
        assert.deepEqual(await journal.append(otherwise), { outcome: 'repeated', commit });
        assert.deepEqual(await journal.append(elsewhere), { outcome: 'repeated', commit });
        assert.deepEqual(await journal.read(elsewhere.stream), []);
        assert.equal(await journal.holder('a'), undefined);
      });

      test('appends one of 50 parallel attempts of one command, and returns it to all others', async () => {
        const commandId = randomUUID();
        const commits = createMany(50, () => createCommit({ commandId }));
        const results = await Promise.all(commits.map((commit) => journal.append(commit)));
        const winner = commits[results.findIndex(({ outcome }) => outcome === 'appended')];
        const repeated = results.filter((result) => result.outcome === 'repeated');
        assert.equal(repeated.length, 49);
        for (const result of repeated) assert.deepEqual(result.commit, winner);
      });

      test('leaves nothing of a commit that lost its number', async () => {
        const stream = randomUUID();
        await appendCommits(journal, [createCommit({ stream })]);
        const late = createRegistrationCommit('ada@example.com', { stream, claims: ['late'] });
        assert.deepEqual(await journal.append(late), { outcome: 'lost' });
        assert.equal(await journal.holder('late'), undefined);
        assert.deepEqual(await registrations.living('ada@example.com'), []);
        assert.equal((await outbox.backlog()).commits, 1);
        assert.deepEqual(await journal.append({ ...late, number: 2 }), { outcome: 'appended' });
      });

      test('leaves nothing of a commit that lost one of its claims', async () => {
        await appendCommits(journal, [createCommit({ claims: ['taken'] })]);
        const late = createCommit({ claims: ['free', 'taken'] });
        assert.deepEqual(await journal.append(late), { outcome: 'lost' });
        assert.equal(await journal.holder('free'), undefined);
        assert.deepEqual(await journal.read(late.stream), []);
        assert.deepEqual(await readUnpublishedCommits(outbox, late.stream), []);
        assert.deepEqual(await journal.append({ ...late, claims: ['free'] }), { outcome: 'appended' });
      });
    });

    describe('read', () => {
      test('gives a stream in the order of its numbers, after a number', async () => {
        const stream = randomUUID();
        await appendCommits(journal, createCommits(stream, 12));
        await appendCommits(journal, createCommits(randomUUID(), 2));
        assert.deepEqual(
          getCommitNumbers(await journal.read(stream)),
          [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        );
        assert.deepEqual(getCommitNumbers(await journal.read(stream, 9)), [10, 11, 12]);
        assert.deepEqual(await journal.read(stream, 12), []);
      });

      test('gives several streams at once, each after its own number', async () => {
        const [ada, grace, nobody] = [randomUUID(), randomUUID(), randomUUID()];
        await appendCommits(journal, [...createCommits(ada, 4), ...createCommits(grace, 3)]);
        const read = await Promise.all([
          journal.read(ada),
          journal.read(grace, 1),
          journal.read(nobody),
          journal.read(ada, 3),
          journal.read(grace, 3),
        ]);
        assert.deepEqual(read.map(getCommitNumbers), [[1, 2, 3, 4], [2, 3], [], [4], []]);
      });

      test('returns nothing for a stream that does not exist', async () => {
        assert.deepEqual(await journal.read(randomUUID()), []);
        assert.equal(await journal.holder('nobody'), undefined);
      });

      test('counts claims by their beginning, however many', async () => {
        assert.equal(await journal.countClaims('admin:'), 0);
        await appendCommits(journal, [
          createCommit({ claims: ['admin:1', 'admin:2'] }),
          createCommit({ claims: ['admin:10', 'admi'] }),
          createCommit({ claims: ['admio:1', 'Admin:1'] }),
        ]);
        assert.equal(await journal.countClaims('admin:'), 3);
        assert.equal(await journal.countClaims('admin:1'), 2);
      });

      test('names each stream whose role was changed once, and no other', async () => {
        assert.deepEqual(await journal.roleChanges(), []);
        const [ada, grace] = [randomUUID(), randomUUID()];
        await appendCommits(journal, [
          createCommit({ stream: ada, events: [createRoleChangedFact(ada), createSessionsRevokedFact(ada)] }),
          createCommit({ stream: ada, number: 2, events: [createRoleChangedFact(ada)] }),
          createCommit({
            stream: grace,
            events: [createSessionsRevokedFact(grace), createRoleChangedFact(grace)],
          }),
          // The correlation id of this commit contains the JSON text of a role change. The journal must not
          // mistake the commit for one that changes a role.
          createRegistrationCommit('eve@example.com', { correlationId: '"type":"RoleChanged"' }),
        ]);
        assert.deepEqual((await journal.roleChanges()).toSorted(), [ada, grace].toSorted());
      });

      test('gives all events of a commit', async () => {
        const stream = randomUUID();
        const events = createMany(3, () => createSessionsRevokedFact(stream));
        const appended = createCommit({ stream, events });
        await appendCommits(journal, [appended]);
        const [commit] = await journal.read(stream);
        assert.deepEqual(commit?.events, appended.events);
      });
    });

    describe('an event that this build does not know', () => {
      function strange(stream: string, change: object) {
        const commit = createCommit({ stream });
        return { ...commit, events: [{ ...createSessionsRevokedFact(stream), ...change }] };
      }
      const known = createCommit();

      for (const [flaw, change] of [
        ['type UserTeleported', { type: 'UserTeleported' }],
        ['version 99 of SessionsRevoked', { version: 99 }],
      ] as const) {
        test(`blocks only its own stream: unknown ${flaw}`, async () => {
          const commit = strange(randomUUID(), change);
          await appendCommits(journal, [commit, known]);
          const error = {
            name: 'UnreadableCommit',
            message: `Commit 1 of stream ${commit.stream} cannot be read: unknown ${flaw}.`,
          };
          await assert.rejects(journal.read(commit.stream), error);
          await assert.rejects(readUnpublishedCommits(outbox, commit.stream), error);
          assert.deepEqual(await journal.read(known.stream), [known]);
          assert.equal((await outbox.waiting({ limit: 10 })).streams.length, 2);
        });
      }
    });
  });
}
