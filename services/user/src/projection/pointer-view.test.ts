import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from '@latchkey/process';
import { activate, firstPointer, type Pointer, withAnother } from '../generation/pointer.ts';
import { accountOf, unknownAccount } from '../profile/stored-account.ts';
import { activeProfiles } from './active-profiles.ts';
import { createPointerView, NOTICED_AFTER_MS } from './pointer-view.ts';

const building = withAnother(firstPointer);
const flipped = activate(building, 2, new Date());

const SECOND_MS = 1000;

/** A view of a pointer and a clock that the test holds. */
function scene(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const stored = { pointer: building, away: false };
  let now = 0;
  let looks = 0;
  const view = createPointerView({
    generations: {
      async read() {
        looks += 1;
        if (stored.away) throw new Error('away');
        return stored.pointer;
      },
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    monotonic: () => now,
  });
  return {
    view,
    stored,
    looks: () => looks,
    async pass(ms: number) {
      now += ms;
      context.mock.timers.tick(ms);
      await nextTurn();
    },
  };
}

describe('a view of the pointer', () => {
  test('looks every second, and tells of each look', async (context) => {
    const { view, stored, pass } = scene(context);
    const seen: Pointer[] = [];
    const unfollow = view.follow((pointer) => seen.push(pointer));
    await pass(SECOND_MS);
    stored.pointer = flipped;
    await pass(SECOND_MS);
    assert.deepEqual(
      seen.map(({ active }) => active),
      [1, 2],
    );
    assert.equal(view.last().active, 2);
    unfollow();
    await pass(SECOND_MS);
    assert.equal(seen.length, 2);
  });

  test('goes on after the store was away', async (context) => {
    const { view, stored, pass } = scene(context);
    const seen: Pointer[] = [];
    const unfollow = view.follow((pointer) => seen.push(pointer));
    stored.away = true;
    await pass(SECOND_MS);
    await pass(SECOND_MS);
    stored.away = false;
    await pass(SECOND_MS);
    assert.equal(seen.length, 1);
    unfollow();
  });

  test('is trusted for a while without another look, and long before what it left is removed', async (context) => {
    const { view, stored, looks, pass } = scene(context);
    assert.equal((await view.trusted()).active, 1);
    stored.pointer = flipped;
    await pass(SECOND_MS);
    assert.equal((await view.trusted()).active, 1);
    assert.equal(looks(), 1);
    await pass(NOTICED_AFTER_MS / 2);
    assert.equal((await view.trusted()).active, 2);
  });

  test('is not trusted while the store is away', async (context) => {
    const { view, stored, pass } = scene(context);
    await view.trusted();
    stored.away = true;
    await pass(NOTICED_AFTER_MS);
    await assert.rejects(view.trusted(), /away/);
  });
});

describe('the profiles that answer', () => {
  function account(id: string, generation: number) {
    return accountOf({ ended: true, id, sequence: generation });
  }
  const none = { load: never, list: never, listParked: never, countParked: never };

  test('are those of the generation that answers now', async (context) => {
    const { view, stored, pass } = scene(context);
    const profiles = activeProfiles(view, (generation) => ({
      ...none,
      find: async (id) => account(id, generation),
    }));
    assert.deepEqual(await profiles.find('a'), account('a', 1));
    stored.pointer = flipped;
    await pass(NOTICED_AFTER_MS);
    assert.deepEqual(await profiles.find('a'), account('a', 2));
  });

  test('are asked again where an instance stood still and the generation may be gone by now', async (context) => {
    const { view, stored, pass } = scene(context);
    const asked: number[] = [];
    const profiles = activeProfiles(view, (generation) => ({
      ...none,
      async find(id) {
        asked.push(generation);
        if (generation === 2) return account(id, 2);
        stored.pointer = flipped;
        await pass(NOTICED_AFTER_MS);
        return unknownAccount(id);
      },
    }));
    assert.deepEqual(await profiles.find('a'), account('a', 2));
    assert.deepEqual(asked, [1, 2]);
  });
});

async function never(): Promise<never> {
  throw new Error('nobody asks this');
}
