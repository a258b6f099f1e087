import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from '@latchkey/process';
import {
  activateGeneration,
  addGeneration,
  type GenerationPointer,
  initialGenerationPointer,
} from '../generation/pointer.ts';
import { loadStoredAccount } from '../ports/profiles.ts';
import { toStoredAccount } from '../profile/stored-account.ts';
import { createActiveProfileReader } from './active-profiles.ts';
import { createGenerationPointerCache, MAX_GENERATION_SWITCHOVER_DELAY_MS } from './pointer-cache.ts';

const building = addGeneration(initialGenerationPointer);
const flipped = activateGeneration(building, 2, new Date());

const SECOND_MS = 1000;

/** Returns a cache of the pointer, and functions to change the stored pointer and the clock that the cache reads. */
function scene() {
  const stored = { pointer: building, away: false };
  let wakeUp: () => void = () => undefined;
  let now = 0;
  let reads = 0;
  const pointers = createGenerationPointerCache({
    generations: {
      async read() {
        reads += 1;
        if (stored.away) throw new Error('away');
        return stored.pointer;
      },
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    monotonic: () => now,
    sleep: () => new Promise((resolve) => (wakeUp = resolve)),
  });
  return {
    pointers,
    stored,
    reads: () => reads,
    async pass(ms: number) {
      now += ms;
      wakeUp();
      await nextTurn();
    },
  };
}

describe('the cache of the pointer', () => {
  test('is refreshed again and again, and reported each time', async () => {
    const { pointers, stored, pass } = scene();
    const seen: GenerationPointer[] = [];
    const unfollow = pointers.follow((pointer) => seen.push(pointer));
    await pass(0);
    await pass(SECOND_MS);
    stored.pointer = flipped;
    await pass(SECOND_MS);
    assert.deepEqual(
      seen.map(({ active }) => active),
      [1, 1, 2],
    );
    assert.equal(pointers.last().active, 2);
    unfollow();
    await pass(SECOND_MS);
    assert.equal(seen.length, 3);
  });

  test('continues after an outage of the store', async () => {
    const { pointers, stored, pass } = scene();
    const seen: GenerationPointer[] = [];
    const unfollow = pointers.follow((pointer) => seen.push(pointer));
    await pass(0);
    stored.away = true;
    await pass(SECOND_MS);
    await pass(SECOND_MS);
    stored.away = false;
    await pass(SECOND_MS);
    assert.equal(seen.length, 2);
    unfollow();
  });

  test('is used for a while without another read, and replaced long before a generation is removed', async () => {
    const { pointers, stored, reads, pass } = scene();
    assert.equal((await pointers.fresh()).active, 1);
    stored.pointer = flipped;
    await pass(SECOND_MS);
    assert.equal((await pointers.fresh()).active, 1);
    assert.equal(reads(), 1);
    await pass(MAX_GENERATION_SWITCHOVER_DELAY_MS / 2);
    assert.equal((await pointers.fresh()).active, 2);
  });

  test('is not used beyond its age while the store is down', async () => {
    const { pointers, stored, pass } = scene();
    await pointers.fresh();
    stored.away = true;
    await pass(MAX_GENERATION_SWITCHOVER_DELAY_MS);
    await assert.rejects(pointers.fresh(), /away/);
  });
});

describe('the active profiles', () => {
  function account(id: string, generation: number) {
    return toStoredAccount({ ended: true, id, sequence: generation });
  }
  const none = { list: never, countParked: never, countForked: never };

  test('are those of the generation that is active now', async () => {
    const { pointers, stored, pass } = scene();
    const profiles = createActiveProfileReader(pointers, (generation) => ({
      ...none,
      load: async (ids) => new Map(ids.map((id) => [id, account(id, generation)])),
    }));
    assert.deepEqual(await loadStoredAccount(profiles, 'a'), account('a', 1));
    stored.pointer = flipped;
    await pass(MAX_GENERATION_SWITCHOVER_DELAY_MS);
    assert.deepEqual(await loadStoredAccount(profiles, 'a'), account('a', 2));
  });

  test('are queried again if the instance was paused and the generation may be removed by now', async () => {
    const { pointers, stored, pass } = scene();
    const asked: number[] = [];
    const profiles = createActiveProfileReader(pointers, (generation) => ({
      ...none,
      async load(ids) {
        asked.push(generation);
        if (generation === 2) return new Map(ids.map((id) => [id, account(id, 2)]));
        stored.pointer = flipped;
        await pass(MAX_GENERATION_SWITCHOVER_DELAY_MS);
        return new Map();
      },
    }));
    assert.deepEqual(await loadStoredAccount(profiles, 'a'), account('a', 2));
    assert.deepEqual(asked, [1, 2]);
  });
});

async function never(): Promise<never> {
  throw new Error('nobody asks this');
}
