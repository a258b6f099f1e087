/** What every journal promises, whatever store it stands on. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { AppendResult, Commit, Journal, Registration } from '../journal.ts';
import { commitOf, commitsOf, instant, registrationOf, sessionsRevoked } from './commits.ts';

export interface OpenJournal {
  readonly journal: Journal;
  close(): Promise<void>;
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function outcomes(results: readonly AppendResult[], outcome: AppendResult['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length;
}

function numbers(commits: readonly Commit[]) {
  return commits.map(({ number }) => number);
}
function streams(registrations: readonly Registration[]) {
  return registrations.map(({ stream }) => stream);
}

export function journalContract(name: string, open: () => Promise<OpenJournal>): void {
  describe(`the journal on ${name}`, () => {
    let journal: Journal;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ journal, close } = await open());
    });
    afterEach(() => close());

    async function appendAll(commits: readonly Commit[]) {
      for (const commit of commits) {
        assert.deepEqual(await journal.append(commit), { outcome: 'appended' });
      }
    }

    describe('append', () => {
      test('gives back a commit as it was appended', async () => {
        const address = 'ada@example.com';
        const commit = registrationOf(address, {
          claims: [`email:${address}`, 'another'],
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        });
        await appendAll([commit]);
        assert.deepEqual(await journal.read(commit.stream), [commit]);
        assert.deepEqual(await journal.unpublished(commit.stream), [commit]);
      });

      test('lets one of 50 parallel commits with one number win', async () => {
        const stream = randomUUID();
        const commits = times(50, () => commitOf({ stream }));
        const results = await Promise.all(commits.map((commit) => journal.append(commit)));
        assert.equal(outcomes(results, 'appended'), 1);
        assert.equal(outcomes(results, 'lost'), 49);
        const winner = commits[results.findIndex(({ outcome }) => outcome === 'appended')];
        assert.deepEqual(await journal.read(stream), [winner]);
      });

      test('lets one of 50 parallel streams take a claim', async () => {
        const commits = times(50, () => commitOf({ claims: ['email:ada@example.com'] }));
        const results = await Promise.all(commits.map((commit) => journal.append(commit)));
        assert.equal(outcomes(results, 'appended'), 1);
        assert.equal(outcomes(results, 'lost'), 49);
        const winner = commits[results.findIndex(({ outcome }) => outcome === 'appended')];
        assert.equal(await journal.holder('email:ada@example.com'), winner?.stream);
      });

      test('is found again by its command', async () => {
        const [first, second] = commitsOf(randomUUID(), 2) as [Commit, Commit];
        await appendAll([first, second]);
        assert.deepEqual(await journal.byCommand(second.commandId), second);
        assert.equal(await journal.byCommand(randomUUID()), undefined);
      });

      test('answers a repeated commit with the commit, also once others followed', async () => {
        const [first, second] = commitsOf(randomUUID(), 2) as [Commit, Commit];
        await appendAll([first]);
        assert.deepEqual(await journal.append(first), { outcome: 'repeated', commit: first });
        await appendAll([second]);
        assert.deepEqual(await journal.append(first), { outcome: 'repeated', commit: first });
        assert.deepEqual(await journal.read(first.stream), [first, second]);
      });

      test('answers a repeated commit that took a claim with the commit', async () => {
        const commit = commitOf({ claims: ['email:ada@example.com'] });
        await appendAll([commit]);
        assert.deepEqual(await journal.append(commit), { outcome: 'repeated', commit });
      });

      test('answers a command with its first commit, whatever it decides the next time', async () => {
        const commit = commitOf();
        await appendAll([commit]);
        const { commandId, stream } = commit;
        const otherwise = commitOf({ stream, commandId, number: 2, claims: ['a'] });
        const elsewhere = commitOf({ commandId });
        assert.deepEqual(await journal.append(otherwise), { outcome: 'repeated', commit });
        assert.deepEqual(await journal.append(elsewhere), { outcome: 'repeated', commit });
        assert.deepEqual(await journal.read(elsewhere.stream), []);
        assert.equal(await journal.holder('a'), undefined);
      });

      test('appends one of 50 parallel tries of one command, and shows it to all others', async () => {
        const commandId = randomUUID();
        const commits = times(50, () => commitOf({ commandId }));
        const results = await Promise.all(commits.map((commit) => journal.append(commit)));
        const winner = commits[results.findIndex(({ outcome }) => outcome === 'appended')];
        const repeated = results.filter((result) => result.outcome === 'repeated');
        assert.equal(repeated.length, 49);
        for (const result of repeated) assert.deepEqual(result.commit, winner);
      });

      test('leaves nothing of a commit that lost its number', async () => {
        const stream = randomUUID();
        await appendAll([commitOf({ stream })]);
        const late = registrationOf('ada@example.com', { stream, claims: ['late'] });
        assert.deepEqual(await journal.append(late), { outcome: 'lost' });
        assert.equal(await journal.holder('late'), undefined);
        assert.deepEqual(await journal.living('ada@example.com'), []);
        assert.equal((await journal.backlog()).commits, 1);
        assert.deepEqual(await journal.append({ ...late, number: 2 }), { outcome: 'appended' });
      });

      test('leaves nothing of a commit that lost one of its claims', async () => {
        await appendAll([commitOf({ claims: ['taken'] })]);
        const late = commitOf({ claims: ['free', 'taken'] });
        assert.deepEqual(await journal.append(late), { outcome: 'lost' });
        assert.equal(await journal.holder('free'), undefined);
        assert.deepEqual(await journal.read(late.stream), []);
        assert.deepEqual(await journal.unpublished(late.stream), []);
        assert.deepEqual(await journal.append({ ...late, claims: ['free'] }), { outcome: 'appended' });
      });
    });

    describe('read', () => {
      test('gives a stream in the order of its numbers, after a number', async () => {
        const stream = randomUUID();
        await appendAll(commitsOf(stream, 12));
        await appendAll(commitsOf(randomUUID(), 2));
        assert.deepEqual(numbers(await journal.read(stream)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert.deepEqual(numbers(await journal.read(stream, 9)), [10, 11, 12]);
        assert.deepEqual(await journal.read(stream, 12), []);
      });

      test('gives nothing for a stream that there is not', async () => {
        assert.deepEqual(await journal.read(randomUUID()), []);
        assert.equal(await journal.holder('nobody'), undefined);
      });

      test('gives all events of a commit', async () => {
        const stream = randomUUID();
        const events = times(3, () => sessionsRevoked(stream));
        await appendAll([commitOf({ stream, events })]);
        const [commit] = await journal.read(stream);
        assert.deepEqual(commit?.events, events);
      });
    });

    describe('an event that this build does not know', () => {
      function strange(stream: string, change: object) {
        return commitOf({ stream, events: [{ ...sessionsRevoked(stream), ...change }] });
      }
      const known = commitOf();

      for (const [flaw, change] of [
        ['type UserTeleported', { type: 'UserTeleported' }],
        ['version 99 of SessionsRevoked', { version: 99 }],
      ] as const) {
        test(`stops its own stream alone: unknown ${flaw}`, async () => {
          const commit = strange(randomUUID(), change);
          await appendAll([commit, known]);
          const error = {
            name: 'UnreadableCommit',
            message: `Commit 1 of stream ${commit.stream} cannot be read: unknown ${flaw}.`,
          };
          await assert.rejects(journal.read(commit.stream), error);
          await assert.rejects(journal.unpublished(commit.stream), error);
          assert.deepEqual(await journal.read(known.stream), [known]);
          assert.equal((await journal.waiting({ before: new Date(), limit: 10 })).length, 2);
        });
      }
    });

    describe('living registrations', () => {
      test('of an address come newest first, until they are settled', async () => {
        const address = 'ada@example.com';
        const commits = times(3, (index) => registrationOf(address, { at: instant(index) }));
        await appendAll([...commits.toReversed(), registrationOf('grace@example.com')]);
        const expected = commits.map(({ stream, at }) => ({ stream, address, at })).toReversed();
        assert.deepEqual(await journal.living(address), expected);

        await journal.settle(expected[1]?.stream ?? '');
        assert.deepEqual(streams(await journal.living(address)), [expected[0]?.stream, expected[2]?.stream]);
      });

      test('are settled any number of times, and only they', async () => {
        const commit = registrationOf('ada@example.com', { claims: ['a'] });
        await appendAll([commit, commitOf({ stream: commit.stream, number: 2 })]);
        await journal.settle(commit.stream);
        await journal.settle(commit.stream);
        await journal.settle(randomUUID());
        assert.deepEqual(await journal.living('ada@example.com'), []);
        const [first] = await journal.read(commit.stream);
        assert.equal(first?.address, undefined);
        assert.deepEqual(first?.events, commit.events);
        assert.equal(await journal.holder('a'), commit.stream);
        assert.deepEqual(numbers(await journal.unpublished(commit.stream)), [1, 2]);
      });

      test('come oldest first, page by page, each once, also where times are equal', async () => {
        const commits = times(25, (index) =>
          registrationOf(`${index}@example.com`, { at: instant(Math.floor(index / 10)) }),
        );
        await appendAll([...commits.toReversed(), commitOf()]);
        const seen: Registration[] = [];
        for (;;) {
          const after = seen.at(-1);
          const page = await journal.registrations({ ...(after === undefined ? {} : { after }), limit: 4 });
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

      test('keep their place while those before them are settled', async () => {
        const commits = times(4, (index) => registrationOf('ada@example.com', { at: instant(index) }));
        await appendAll(commits);
        const [first, second] = await journal.registrations({ limit: 2 });
        assert.ok(first && second);
        await journal.settle(first.stream);
        await journal.settle(second.stream);
        const rest = await journal.registrations({ after: second, limit: 2 });
        assert.deepEqual(streams(rest), [commits[2]?.stream, commits[3]?.stream]);
      });
    });

    describe('the outbox', () => {
      const later = new Date(instant(1000));
      function waiting(before = later, limit = 100) {
        return journal.waiting({ before, limit });
      }

      test('holds what is not published yet, by number', async () => {
        const commits = commitsOf(randomUUID(), 11);
        const { stream } = commits[0] as Commit;
        await appendAll(commits);
        assert.deepEqual(await journal.unpublished(stream), commits);
        await journal.markPublished(commits.slice(0, 9));
        assert.deepEqual(numbers(await journal.unpublished(stream)), [10, 11]);
        assert.deepEqual(await journal.read(stream), commits);
      });

      test('gives each of many streams that are asked for at the same time its own, by number', async () => {
        const streams = times(20, () => commitsOf(randomUUID(), 3));
        await appendAll(
          streams
            .flat()
            .toReversed()
            .toSorted((a, b) => a.number - b.number),
        );
        const asked = [randomUUID(), ...streams.map(([first]) => first?.stream ?? ''), randomUUID()];
        const found = await Promise.all(asked.map((stream) => journal.unpublished(stream)));
        assert.deepEqual(found, [[], ...streams, []]);
      });

      test('is left once only, however often that is said', async () => {
        const [first, second] = commitsOf(randomUUID(), 2) as [Commit, Commit];
        await appendAll([first, second]);
        await journal.markPublished([first]);
        await journal.markPublished([first, { stream: randomUUID(), number: 1, commandId: randomUUID() }]);
        await journal.markPublished([]);
        assert.deepEqual(await journal.unpublished(first.stream), [second]);
        assert.equal((await journal.backlog()).commits, 1);
      });

      test('is not entered again by a repeated append', async () => {
        const commit = commitOf();
        await appendAll([commit]);
        await journal.markPublished([commit]);
        assert.equal((await journal.append(commit)).outcome, 'repeated');
        assert.deepEqual(await journal.backlog(), { commits: 0 });
      });

      test('tells who has waited longest, each stream once, no more than asked for', async () => {
        const [a, b, c] = times(3, () => randomUUID()) as [string, string, string];
        const first = commitOf({ stream: a, at: instant(1) });
        await appendAll([
          commitOf({ stream: b, at: instant(2) }),
          first,
          commitOf({ stream: a, number: 2, at: instant(3) }),
          commitOf({ stream: c, at: instant(4) }),
        ]);
        assert.deepEqual(await waiting(), [a, b, c]);
        assert.deepEqual(await waiting(later, 2), [a, b]);
        await journal.markPublished([first]);
        assert.deepEqual(await waiting(), [b, a, c]);
      });

      test('tells of those only that were appended before an instant', async () => {
        const [early, late] = [commitOf({ at: instant(1) }), commitOf({ at: instant(2) })];
        await appendAll([early, late]);
        assert.deepEqual(await waiting(new Date(instant(1))), []);
        assert.deepEqual(await waiting(new Date(instant(2))), [early.stream]);
      });

      test('does not skip a writer that comes late with an earlier time', async () => {
        const [early, late] = [commitOf({ at: instant(1) }), commitOf({ at: instant(5) })];
        await appendAll([late]);
        await journal.markPublished([late]);
        assert.deepEqual(await waiting(), []);
        await appendAll([early]);
        assert.deepEqual(await waiting(), [early.stream]);
      });

      test('tells how much waits and since when', async () => {
        assert.deepEqual(await journal.backlog(), { commits: 0 });
        const commits = [commitOf({ at: instant(7) }), commitOf({ at: instant(3) })];
        await appendAll(commits);
        assert.deepEqual(await journal.backlog(), { commits: 2, oldest: instant(3) });
        await journal.markPublished(commits);
        assert.deepEqual(await journal.backlog(), { commits: 0 });
      });
    });

    describe('snapshots', () => {
      function snapshot(stream: string, number: number, stateVersion = 1) {
        return {
          stream,
          number,
          sequence: number + 5,
          stateVersion,
          state: { names: ['ada'], number, nothing: null },
        };
      }

      test('are kept one per stream, the newest', async () => {
        const stream = randomUUID();
        assert.equal(await journal.snapshot(stream), undefined);
        await journal.saveSnapshot(snapshot(stream, 200));
        await journal.saveSnapshot(snapshot(randomUUID(), 900));
        assert.deepEqual(await journal.snapshot(stream), snapshot(stream, 200));
        await journal.saveSnapshot(snapshot(stream, 100));
        assert.deepEqual(await journal.snapshot(stream), snapshot(stream, 200));
        await journal.saveSnapshot(snapshot(stream, 201));
        assert.deepEqual(await journal.snapshot(stream), snapshot(stream, 201));
      });

      test('of a new shape replace those of an old one', async () => {
        const stream = randomUUID();
        await journal.saveSnapshot(snapshot(stream, 200, 1));
        await journal.saveSnapshot(snapshot(stream, 200, 2));
        assert.deepEqual(await journal.snapshot(stream), snapshot(stream, 200, 2));
      });
    });

    describe('fingerprints', () => {
      test('are remembered on first sight, and those that differ are named', async () => {
        assert.deepEqual(await journal.checkFingerprints({ refresh: 'r1', salt: 's1' }), []);
        assert.deepEqual(await journal.checkFingerprints({ refresh: 'r1', salt: 's1' }), []);
        assert.deepEqual(await journal.checkFingerprints({ refresh: 'r2', salt: 's1', sealing: 'x' }), [
          'refresh',
        ]);
        assert.deepEqual(await journal.checkFingerprints({ refresh: 'r2', salt: 's2' }), ['refresh', 'salt']);
      });

      test('are not remembered of who differs in one', async () => {
        await journal.checkFingerprints({ refresh: 'r1' });
        assert.deepEqual(await journal.checkFingerprints({ other: 'x', refresh: 'r2', salt: 'x' }), [
          'refresh',
        ]);
        assert.deepEqual(await journal.checkFingerprints({ other: 'y', refresh: 'r1', salt: 'y' }), []);
      });

      test('of two instances that start at once with different keys: one is told', async () => {
        const told = await Promise.all([
          journal.checkFingerprints({ salt: 'one' }),
          journal.checkFingerprints({ salt: 'other' }),
        ]);
        assert.deepEqual(told.flat(), ['salt']);
      });

      test('of many instances that start at once are those of one, which all others are told', async () => {
        const names = ['a', 'b', 'c'];
        function keysOf(instance: number) {
          // Each in another order.
          return Object.fromEntries(
            [...names.slice(instance), ...names].map((name) => [name, String(instance)]),
          );
        }
        const told = await Promise.all(
          [0, 1, 2].map((instance) => journal.checkFingerprints(keysOf(instance))),
        );
        const winners = [0, 1, 2].filter((instance) => told[instance]?.length === 0);
        assert.equal(winners.length, 1);
        for (const instance of [0, 1, 2]) {
          const differing = winners.includes(instance) ? [] : names;
          assert.deepEqual((await journal.checkFingerprints(keysOf(instance))).toSorted(), differing);
        }
      });
    });
  });
}
