/**
 * The contract tests of {@link GenerationStore}, which check its guarantees. The test file of each adapter
 * runs them.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  activateGeneration,
  addGeneration,
  initialGenerationPointer,
  stopInactiveGenerations,
} from '../generation/pointer.ts';
import { toStoredAccount } from '../profile/stored-account.ts';
import type { GenerationStore } from './generations.ts';
import { createTestProfile } from './profiles.contract.ts';
import { loadStoredAccount, type ProfileStore } from './profiles.ts';

export interface GenerationsUnderTest {
  readonly generations: GenerationStore;
  /** A second object for the same store, such as another process would have. */
  readonly others: GenerationStore;
  profilesOf(generation: number): ProfileStore;
}

const NOW = new Date('2026-03-01T12:00:00.000Z');

/**
 * Defines the contract tests for one kind of store.
 * @param open creates an empty store that is removed after the test
 */
export function defineGenerationsContractTests(
  adapter: string,
  open: (context: TestContext) => Promise<GenerationsUnderTest>,
): void {
  describe(`Generations on ${adapter}`, () => {
    test('the first generation is active until another is, and every process reads the same pointer', async (context) => {
      const { generations, others } = await open(context);
      assert.deepEqual(await generations.read(), initialGenerationPointer);
      const second = addGeneration(initialGenerationPointer);
      assert.equal(await generations.replace(second), true);
      assert.deepEqual(await others.read(), second);
      const flipped = activateGeneration(second, 2, NOW);
      assert.equal(await others.replace(flipped), true);
      assert.deepEqual(await generations.read(), flipped);
      const dropped = stopInactiveGenerations(flipped);
      assert.equal(await generations.replace(dropped), true);
      assert.deepEqual(await generations.read(), dropped);
    });

    test('of two changes of the same pointer one is refused, also of the first ever', async (context) => {
      const { generations, others } = await open(context);
      for (let round = 0; round < 5; round += 1) {
        const next = addGeneration(await generations.read());
        const won = await Promise.all([generations.replace(next), others.replace(next)]);
        assert.deepEqual(won.toSorted(), [false, true]);
        assert.deepEqual(await others.read(), next);
      }
      const skipped = { ...(await generations.read()), version: 9 };
      assert.equal(await generations.replace(skipped), false);
      assert.equal(await generations.replace(initialGenerationPointer), false);
      assert.equal((await generations.read()).version, 5);
    });

    test('a generation has a place once it is prepared, until it is removed', async (context) => {
      const { generations, others, profilesOf } = await open(context);
      const before = await generations.stored();
      await generations.prepare(2);
      await generations.prepare(2);
      await generations.prepare(10);
      assert.deepEqual(await others.stored(), [...before, 2, 10]);
      const profile = createTestProfile('ada');
      await profilesOf(2).save([toStoredAccount(profile)]);
      await generations.prepare(2);
      assert.deepEqual((await loadStoredAccount(profilesOf(2), profile.id)).profile, profile);

      await others.remove(2);
      await others.remove(2);
      await others.remove(7);
      assert.deepEqual(await generations.stored(), [...before, 10]);
    });

    test('a place that is removed and made again is empty; the others are as they were', async (context) => {
      const { generations, profilesOf } = await open(context);
      const accounts = Array.from({ length: 1200 }, (_, index) =>
        toStoredAccount(createTestProfile(`user${index}`)),
      );
      await generations.prepare(2);
      await generations.prepare(3);
      await profilesOf(2).save(accounts);
      await profilesOf(3).save(accounts);
      await generations.remove(2);
      await generations.prepare(2);
      assert.deepEqual(await profilesOf(2).page(undefined, 10), []);
      assert.equal((await profilesOf(3).page(undefined, 2000)).length, 1200);
    });

    test('a place that is cleared is empty, and may be cleared and removed at the same time', async (context) => {
      const { generations, others, profilesOf } = await open(context);
      const accounts = Array.from({ length: 1200 }, (_, index) =>
        toStoredAccount(createTestProfile(`user${index}`)),
      );
      const before = await generations.stored();
      for (const generation of [2, 3]) {
        await generations.prepare(generation);
        await profilesOf(generation).save(accounts);
      }
      await generations.clear(2);
      assert.deepEqual(await profilesOf(2).page(undefined, 10), []);
      await generations.clear(2);
      await generations.clear(7);
      assert.deepEqual(await others.stored(), [...before, 2, 3]);
      assert.equal((await profilesOf(3).page(undefined, 2000)).length, 1200);
      await Promise.allSettled([generations.clear(3), others.remove(3)]);
      assert.deepEqual(await others.stored(), [...before, 2]);
    });
  });
}
