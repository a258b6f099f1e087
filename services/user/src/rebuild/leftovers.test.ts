import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@latchkey/process';
import { addGeneration, initialGenerationPointer, stopInactiveGenerations } from '../generation/pointer.ts';
import { createLeftoverCleaner } from './leftovers.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

/** Creates a cleaner for a system in which generations 2 and 3 were dropped. */
function scene({ stored }: { readonly stored: readonly number[] }) {
  const pointer = stopInactiveGenerations(addGeneration(addGeneration(initialGenerationPointer)));
  const looks = { stored, cleared: [] as number[], pauses: [] as number[] };
  let paused = Promise.withResolvers<void>();
  let next = Promise.withResolvers<void>();
  const cleaner = createLeftoverCleaner({
    generations: {
      read: async () => pointer,
      stored: async () => looks.stored,
      clear: async (generation) => void looks.cleared.push(generation),
    },
    logger,
    async sleep(ms, signal) {
      looks.pauses.push(ms);
      next = Promise.withResolvers();
      paused.resolve();
      signal?.addEventListener('abort', () => next.resolve(), { once: true });
      await next.promise;
    },
  });
  return {
    cleaner,
    looks,
    /** Lets the cleaner check for leftover generations once more, and resolves when the check is done. */
    async look() {
      await paused.promise;
      paused = Promise.withResolvers();
      next.resolve();
      await paused.promise;
    },
    firstLook: () => paused.promise,
  };
}

test('a generation that was dropped is cleared once two looks have found it', async () => {
  const { cleaner, looks, look, firstLook } = scene({ stored: [1, 2, 3, 4] });
  cleaner.start();
  await firstLook();
  assert.deepEqual(looks.cleared, []);
  looks.stored = [1, 2, 4];
  await look();
  assert.deepEqual(looks.cleared, [2]);
  looks.stored = [1, 2, 3, 4];
  await look();
  assert.deepEqual(looks.cleared, [2, 2]);
  await cleaner.stop();
  assert.ok(looks.pauses.every((ms) => ms === 60_000));
});

test('a cleaner that starts again does not count what it found before', async () => {
  const { cleaner, looks, look, firstLook } = scene({ stored: [1, 2] });
  cleaner.start();
  await firstLook();
  await cleaner.stop();
  cleaner.start();
  await look();
  assert.deepEqual(looks.cleared, []);
  await look();
  assert.deepEqual(looks.cleared, [2]);
  await cleaner.stop();
});
