import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createExponentialBackoff, createLoopWakeup, retry, runLoop } from './loop.ts';

const backoff = fc
  .tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 10_000 }))
  .map(([least, more]) => ({ least, most: least + more }));

test('retry pauses between half and all of its backoff, once per failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      backoff,
      fc.nat(20),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (limits, failures, draw) => {
        const pauses: number[] = [];
        let attempts = 0;
        await retry(
          { ...limits, random: () => draw, sleep: async (ms) => void pauses.push(ms) },
          async () => {
            attempts += 1;
            if (attempts <= failures) throw new Error('not yet');
          },
        );
        assert.equal(attempts, failures + 1);
        assert.equal(pauses.length, failures);
        for (const [n, ms] of pauses.entries()) {
          const whole = createExponentialBackoff(limits)(n);
          assert.ok(ms > whole / 2 - 1e-9 && ms <= whole && whole <= limits.most, `pause ${n}: ${ms}`);
        }
      },
    ),
  );
});

/**
 * Generates one step of a simulation: the work of the loop ends with an outcome, the current pause ends, or
 * the loop is woken or stopped.
 */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('idle', 'found', 'failed') },
  { weight: 4, arbitrary: fc.constant('time') },
  { weight: 3, arbitrary: fc.constant('wake') },
  { weight: 1, arbitrary: fc.constant('stop') },
);

test('a loop never runs twice at a time, follows every wake-up with a run, and ends once it is stopped', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const stop = new AbortController();
      const wake = createLoopWakeup();
      let run: PromiseWithResolvers<boolean> | undefined;
      let pause: PromiseWithResolvers<void> | undefined;
      let began = 0;
      let wokenAt: number | undefined;

      function sleep(_ms: number, signal?: AbortSignal): Promise<void> {
        const sleeping = Promise.withResolvers<void>();
        signal?.addEventListener('abort', () => sleeping.resolve(), { once: true });
        pause = sleeping;
        return sleeping.promise.then(() => {
          pause = undefined;
        });
      }

      let ended = false;
      const looping = runLoop(
        { every: 1, wake, signal: stop.signal, onFailure: () => undefined, sleep },
        () => {
          assert.equal(run, undefined, 'two runs at a time');
          assert.equal(stop.signal.aborted, false, 'a run after the end');
          began += 1;
          if (wokenAt !== undefined && began > wokenAt) wokenAt = undefined;
          run = Promise.withResolvers();
          return run.promise.finally(() => {
            run = undefined;
          });
        },
      ).then(() => {
        ended = true;
      });

      async function settle() {
        for (let n = 0; n < 12; n += 1) await Promise.resolve();
      }
      await settle();
      for (const next of steps) {
        if (next === 'stop') stop.abort();
        else if (next === 'time') pause?.resolve();
        else if (next === 'failed') run?.reject(new Error('failed'));
        else if (next !== 'wake') run?.resolve(next === 'found');
        else if (!stop.signal.aborted) {
          wokenAt = began;
          wake.wake();
        }
        await settle();
        assert.ok(ended || run !== undefined || pause !== undefined, 'it neither runs nor pauses');
        assert.ok(wokenAt === undefined || run !== undefined || ended, 'a wake-up was lost');
      }
      stop.abort();
      run?.resolve(true);
      await looping;
    }),
  );
});
