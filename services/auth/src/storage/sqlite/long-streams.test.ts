import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Commit } from '../../ports/journal.ts';
import type { AuthStores } from '../../ports/stores.ts';
import {
  createCommit,
  createCommits,
  createRegistrationCommit,
  createTestInstant,
  getCommitNumbers,
} from '../../ports/testing/commits.ts';
import { countEventLoopTurns } from '../../testing/count-turns.ts';
import { openTemporaryStores, type TemporaryStores } from './stores.fixture.ts';

const MANY = 1100;

describe('a stream with many commits', () => {
  let opened: TemporaryStores;
  let stores: AuthStores;
  let stream: string;
  let commits: readonly Commit[];

  beforeEach(async () => {
    opened = await openTemporaryStores();
    stores = opened.stores;
    stream = randomUUID();
    commits = createCommits(stream, MANY);
    await appendAll(commits);
  });
  afterEach(() => opened.close());

  /** Appends commits with as few flushes to disk as possible. */
  async function appendAll(appended: readonly Commit[]): Promise<void> {
    await Promise.all(appended.map((commit) => stores.journal.append(commit)));
  }

  test('is read in several turns, in order', async () => {
    const { result, turns } = await countEventLoopTurns(() => stores.journal.read(stream));
    assert.deepEqual(result, commits);
    assert.ok(turns >= 4, `${turns} turns`);
    const part = await stores.journal.read(stream, 100, 600);
    assert.deepEqual(part, commits.slice(100, 700));
    assert.deepEqual(await stores.journal.read(stream, 0, 250), commits.slice(0, 250));
    assert.deepEqual(await stores.journal.read(stream, MANY), []);
  });

  test('is read from the outbox and marked as published in several turns', async () => {
    const others = Array.from({ length: 300 }, () => createCommit());
    await appendAll(others);
    const asked = [...others.map((commit) => commit.stream), stream];
    const read = await countEventLoopTurns(() => stores.outbox.unpublished(asked));
    assert.ok(read.turns >= 5, `${read.turns} turns`);
    assert.deepEqual(read.result.get(stream), commits);
    assert.equal(read.result.size, 301);
    const marked = await countEventLoopTurns(() => stores.outbox.markPublished(commits.slice(0, 1000)));
    assert.ok(marked.turns >= 4, `${marked.turns} turns`);
    const left = (await stores.outbox.unpublished([stream])).get(stream);
    assert.deepEqual(left, commits.slice(1000));
  });

  test('does not hide the streams that wait after it', async () => {
    const late = createCommit({ at: new Date(Date.parse(commits[0]?.at ?? '') + 1000).toISOString() });
    await appendAll([late]);
    const { result, turns } = await countEventLoopTurns(() => stores.outbox.waiting({ limit: 10_000 }));
    assert.deepEqual(result.streams, [stream, late.stream]);
    assert.ok(turns >= 1, `${turns} turns`);
    const from = new Date(late.at);
    const before = await stores.outbox.waiting({ recent: { from, to: from }, limit: 10_000 });
    assert.deepEqual(before.streams, [stream]);
  });

  test('is erased in several writes', async () => {
    const registered = createRegistrationCommit('ada@example.com');
    const later = Array.from({ length: 600 }, (_, index) =>
      createRegistrationCommit('ada@example.com', {
        stream: registered.stream,
        number: index + 2,
        sequence: index + 2,
      }),
    );
    await appendAll([registered, ...later]);
    const { turns } = await countEventLoopTurns(() => stores.personalData.eraseCommits(registered.stream));
    assert.ok(turns >= 3, `${turns} turns`);
    const erased = await stores.journal.read(registered.stream);
    assert.equal(erased.length, 601);
    const left = erased.filter((commit) => JSON.stringify(commit).includes('ada@example.com'));
    assert.deepEqual(getCommitNumbers(left), []);
  });

  test('and other commits of the same time are one page of the outbox, which is read in several turns', async () => {
    const at = createTestInstant(1_000_000);
    const sameTime = Array.from({ length: MANY }, () => createCommit({ at }));
    const late = createCommit({ at: createTestInstant(1_000_001) });
    await appendAll([...sameTime, late]);
    const { result, turns } = await countEventLoopTurns(() =>
      stores.outbox.waiting({ after: new Date(createTestInstant(999_999)), limit: 1 }),
    );
    const streams = sameTime.map((commit) => commit.stream);
    assert.deepEqual(new Set(result.streams), new Set(streams));
    assert.deepEqual([result.last, result.hasMore], [new Date(at), true]);
    assert.ok(turns >= 1, `${turns} turns`);
    const rest = await stores.outbox.waiting({ after: new Date(at), limit: 1 });
    assert.deepEqual(rest, { streams: [late.stream], last: new Date(late.at), hasMore: false });
  });
});
