import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import type { Journal, RecordedFact } from '../ports/journal.ts';
import type { SnapshotStore } from '../ports/snapshots.ts';
import {
  createCommit,
  createCommits,
  createSessionsRevokedFact,
  getLastEventHash,
} from '../ports/testing/commits.ts';
import { createMemoryStores } from '../ports/testing/memory-stores.ts';
import { countEventLoopTurns } from '../testing/count-turns.ts';
import { createStreamLoader, type StreamLoaderDeps } from './streams.ts';

/** The state of the test streams: the number of events and the sequence of the last one. */
interface Toy {
  readonly facts: number;
  readonly last: number;
}

const initial: Toy = { facts: 0, last: 0 };
function applyFact(state: Toy, _fact: RecordedFact, sequence: number): Toy {
  return {
    facts: state.facts + 1,
    last: sequence,
  };
}

describe('the state of a stream', () => {
  const stream = randomUUID();
  let memory: ReturnType<typeof createMemoryStores>;
  let journal: Journal;
  let snapshots: SnapshotStore;
  /**
   * The argument `after` of each call of `journal.read`. The call has read only commits with higher numbers.
   */
  let reads: number[];

  beforeEach(() => {
    memory = createMemoryStores();
    snapshots = memory.snapshots;
    reads = [];
    journal = {
      ...memory.journal,
      read(stream, after = 0) {
        reads.push(after);
        return memory.journal.read(stream, after);
      },
    };
  });

  function streams(options: Partial<StreamLoaderDeps<Toy>> = {}) {
    return createStreamLoader({ journal, snapshots, initial, applyFact, stateVersion: 1, ...options });
  }
  async function append(count: number) {
    for (const commit of createCommits(stream, count)) await journal.append(commit);
  }
  /** Returns the hash of the stream's last event. */
  async function head() {
    const last = (await memory.journal.read(stream)).at(-1);
    return last && getLastEventHash(last);
  }

  test('is the initial one if there are no commits', async () => {
    assert.deepEqual(await streams().load(stream), { state: initial, number: 0, sequence: 0 });
  });

  test('folds every event of every commit, at its sequence', async () => {
    function events(count: number) {
      return Array.from({ length: count }, () => createSessionsRevokedFact(stream));
    }
    await journal.append(createCommit({ stream, number: 1, sequence: 1, events: events(3) }));
    await journal.append(createCommit({ stream, number: 2, sequence: 4, events: events(2) }));
    const loaded = await streams().load(stream);
    assert.deepEqual(loaded, { state: { facts: 5, last: 5 }, number: 2, sequence: 5, head: await head() });
  });

  test('is computed in several turns of the event loop from a long history', async () => {
    await append(2500);
    const { result: loaded, turns } = await countEventLoopTurns(() => streams().load(stream));
    assert.ok(turns >= 2, `${turns} turns`);
    assert.equal(loaded.number, 2500);
    assert.deepEqual(loaded.state, { facts: 2500, last: 2500 });
  });

  test('has what others appended since it was last loaded, and only that is read', async () => {
    const { load } = streams();
    await append(3);
    assert.equal((await load(stream)).number, 3);
    await journal.append(createCommit({ stream, number: 4 }));
    assert.deepEqual(await load(stream), {
      state: { facts: 4, last: 4 },
      number: 4,
      sequence: 4,
      head: await head(),
    });
    assert.deepEqual(reads, [0, 3]);
  });

  test('of a stream that does not exist evicts no other state from the cache', async () => {
    const { load } = streams({ remembered: 1 });
    await append(1);
    for (const one of [stream, randomUUID(), stream]) await load(one);
    assert.deepEqual(reads, [0, 0, 1]);
  });

  test('is remembered for the streams loaded last', async () => {
    const { load } = streams({ remembered: 2 });
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()] as const;
    for (const stream of [a, b, c]) await journal.append(createCommit({ stream }));
    for (const stream of [a, b, a, c]) await load(stream);
    reads = [];
    for (const stream of [a, c, b]) await load(stream);
    assert.deepEqual(reads, [1, 1, 0]);
  });

  test('leaves a snapshot after more than 100 commits, from which the next process continues', async () => {
    await append(100);
    await streams().load(stream);
    assert.equal(await snapshots.find(stream), undefined);
    await journal.append(createCommit({ stream, number: 101 }));
    await streams().load(stream);
    assert.deepEqual(await snapshots.find(stream), {
      stream,
      number: 101,
      sequence: 101,
      stateVersion: 1,
      state: { state: { facts: 101, last: 101 }, head: await head() },
    });
    await journal.append(createCommit({ stream, number: 102 }));
    reads = [];
    assert.deepEqual(await streams().load(stream), {
      state: { facts: 102, last: 102 },
      number: 102,
      sequence: 102,
      head: await head(),
    });
    assert.deepEqual(reads, [101]);
  });

  test('of 1,000 commits is folded once, then loaded from its snapshot', async () => {
    await append(1000);
    const expected = { state: { facts: 1000, last: 1000 }, number: 1000, sequence: 1000, head: await head() };
    assert.deepEqual(await streams().load(stream), expected);
    assert.deepEqual(await streams().load(stream), expected);
    assert.deepEqual(reads, [0, 1000]);
  });

  test('does not come from a snapshot of another shape', async () => {
    await append(101);
    await streams({ stateVersion: 2 }).load(stream);
    reads = [];
    assert.equal((await streams().load(stream)).state.facts, 101);
    assert.deepEqual(reads, [0]);
    assert.equal((await snapshots.find(stream))?.stateVersion, 1);
  });

  test('works without snapshots if they cannot be read or written', async () => {
    await append(101);
    async function unavailable(): Promise<never> {
      throw new StoreUnavailable(undefined);
    }
    const away = { find: unavailable, save: unavailable };
    assert.equal((await streams({ snapshots: away }).load(stream)).number, 101);
  });

  test('is not loaded if a snapshot fails because of a bug', async () => {
    await append(101);
    const bug = new TypeError('a bug');
    const faulty = { ...snapshots, find: () => Promise.reject(bug) };
    await assert.rejects(streams({ snapshots: faulty }).load(stream), bug);
  });

  test('is refused, not guessed, if a commit is missing', async () => {
    for (const number of [1, 3]) await journal.append(createCommit({ stream, number }));
    await assert.rejects(streams().load(stream), {
      name: 'UnreadableCommit',
      message: `Commit 2 of stream ${stream} cannot be read: it is missing.`,
    });
  });

  test('is refused if sequences do not follow each other', async () => {
    await journal.append(createCommit({ stream, number: 1 }));
    await journal.append(createCommit({ stream, number: 2, sequence: 3 }));
    await assert.rejects(streams().load(stream), /its sequence is not the next one/);
  });

  test('is unavailable while the journal is', async () => {
    const away = {
      ...journal,
      read: async () => {
        throw new StoreUnavailable(undefined);
      },
    };
    await assert.rejects(streams({ journal: away }).load(stream), StoreUnavailable);
  });
});
