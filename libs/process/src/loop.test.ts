import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  createExponentialBackoff,
  createIdleBackoff,
  createLoopWakeup,
  retry,
  runLoop,
  sleep,
} from './loop.ts';

/** Returns a `sleep` that does not wait, but records the requested durations. */
function recordedPauses() {
  const pauses: number[] = [];
  return { pauses, sleep: async (ms: number) => void pauses.push(ms) };
}

/** Returns work that fails the given number of times, and then succeeds. */
function failing(times: number, error = new Error('not yet')) {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
}

describe('retry', () => {
  it('attempts once what succeeds at once', async () => {
    const { pauses, sleep } = recordedPauses();
    assert.equal(await retry({ least: 10, most: 100, sleep }, failing(0)), 1);
    assert.deepEqual(pauses, []);
  });

  it('doubles its pauses from the least to the most', async () => {
    const { pauses, sleep } = recordedPauses();
    assert.equal(await retry({ least: 10, most: 100, random: () => 0, sleep }, failing(6)), 7);
    assert.deepEqual(pauses, [10, 20, 40, 80, 100, 100]);
  });

  it('shortens each pause at random, by half at most', async () => {
    const { pauses, sleep } = recordedPauses();
    const draws = [0, 0.5, 0.75];
    await retry({ least: 1000, most: 1000, random: () => draws.shift() ?? 0, sleep }, failing(3));
    assert.deepEqual(pauses, [1000, 750, 625]);
  });

  it('throws an error immediately that another attempt cannot repair', async () => {
    const { pauses, sleep } = recordedPauses();
    const bug = new TypeError('x is not a function');
    await assert.rejects(
      retry({ least: 10, most: 100, sleep, when: (error) => error !== bug }, failing(1, bug)),
      bug,
    );
    assert.deepEqual(pauses, []);
  });

  it('throws the last error once no attempts are left', async () => {
    const { pauses, sleep } = recordedPauses();
    await assert.rejects(retry({ least: 10, most: 100, attempts: 3, sleep }, failing(3)), /not yet/);
    assert.equal(pauses.length, 2);
  });

  it('reports each failure that it retries, with how many there were', async () => {
    const { sleep } = recordedPauses();
    const reported: unknown[] = [];
    const error = new Error('not yet');
    await retry(
      { least: 10, most: 100, sleep, onFailure: (...args) => reported.push(args) },
      failing(2, error),
    );
    assert.deepEqual(reported, [
      [error, 1],
      [error, 2],
    ]);
  });

  it('ends a pause when aborted, and throws the reason', async () => {
    const stop = new AbortController();
    const reason = new Error('stopping');
    const retried = retry({ least: 60_000, most: 60_000, signal: stop.signal }, failing(9));
    await turn();
    stop.abort(reason);
    await assert.rejects(retried, reason);
  });

  it('lets the current attempt succeed when aborted', async () => {
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const retried = retry({ least: 10, most: 100, signal: stop.signal }, () => promise);
    stop.abort();
    resolve('done');
    assert.equal(await retried, 'done');
  });
});

/**
 * Runs a loop whose work returns the given outcomes one after the other, and stops the loop after the last
 * outcome.
 */
async function loopOver(
  outcomes: readonly (boolean | Error)[],
  options: Partial<Parameters<typeof runLoop>[0]> = {},
) {
  const stop = new AbortController();
  const { pauses, sleep } = recordedPauses();
  const failures: unknown[] = [];
  const left = [...outcomes];
  await runLoop(
    { every: 100, signal: stop.signal, onFailure: (...args) => failures.push(args), sleep, ...options },
    async () => {
      const outcome = left.shift();
      if (left.length === 0) stop.abort();
      if (outcome instanceof Error) throw outcome;
      return outcome === true;
    },
  );
  return { pauses, failures };
}

describe('a loop', () => {
  const error = new Error('away');

  it('pauses after a run that found nothing, and not after one that found something', async () => {
    const { pauses } = await loopOver([false, true, false, false]);
    assert.deepEqual(pauses, [100, 0, 100]);
  });

  it('pauses by how many runs in a row found nothing', async () => {
    const { pauses } = await loopOver([false, false, false, true, false, true], {
      every: createExponentialBackoff({ least: 10, most: 50 }),
    });
    assert.deepEqual(pauses, [20, 40, 50, 10, 20]);
  });

  it('continues after a failure, with a backoff of its own', async () => {
    const recoveries: string[] = [];
    const { pauses, failures } = await loopOver([error, error, false, error, false], {
      backoff: createExponentialBackoff({ least: 1, most: 10 }),
      onRecovery: () => recoveries.push('recovered'),
    });
    assert.deepEqual(pauses, [1, 2, 100, 1]);
    assert.deepEqual(failures, [
      [error, 1],
      [error, 2],
      [error, 1],
    ]);
    assert.equal(recoveries.length, 2);
  });

  it('pauses after a failure as after finding nothing if no backoff is given', async () => {
    assert.deepEqual((await loopOver([error, false, false])).pauses, [100, 100]);
  });

  it('runs at once when woken in a pause', async () => {
    const stop = new AbortController();
    const wake = createLoopWakeup();
    const { promise: ranAgain, resolve } = Promise.withResolvers<void>();
    let runs = 0;
    const ended = runLoop(
      { every: 3_600_000, wake, signal: stop.signal, onFailure: assert.ifError },
      async () => {
        runs += 1;
        if (runs === 2) resolve();
        return false;
      },
    );
    await turn();
    wake.wake();
    await ranAgain;
    stop.abort();
    await ended;
    assert.equal(runs, 2);
  });

  it('gathers wake-ups before a run that was woken, and not before other runs', async () => {
    const stop = new AbortController();
    const wake = createLoopWakeup();
    const { pauses, sleep } = recordedPauses();
    let runs = 0;
    await runLoop(
      { every: 100, gatherMs: 7, wake, signal: stop.signal, sleep, onFailure: assert.ifError },
      async () => {
        runs += 1;
        if (runs === 2) wake.wake();
        if (runs === 4) stop.abort();
        return false;
      },
    );
    // The loop requests the last pause of 7 ms because it was stopped during its last run, which counts as a
    // wake-up. With a real timer, this pause would end immediately.
    assert.deepEqual(pauses, [100, 7, 100, 7]);
  });

  it('does not gather wake-ups while there is more to do', async () => {
    const wake = createLoopWakeup();
    const { pauses, sleep } = recordedPauses();
    const stop = new AbortController();
    const found = [true, true, false];
    await runLoop(
      { every: 100, gatherMs: 7, wake, signal: stop.signal, sleep, onFailure: assert.ifError },
      async () => {
        wake.wake();
        if (found.length === 1) stop.abort();
        return found.shift() === true;
      },
    );
    // The first two runs found something to do, so the loop pauses only after the last run.
    assert.deepEqual(pauses, [7]);
  });

  it('does not gather wake-ups once it is aborted', async () => {
    const stop = new AbortController();
    const wake = createLoopWakeup();
    const options = { every: 100, gatherMs: 3_600_000, wake, signal: stop.signal, onFailure: assert.ifError };
    const ended = runLoop(options, async () => false);
    wake.wake();
    await turn();
    stop.abort();
    await ended;
  });

  it('resolves once the current run is over when it is aborted', async () => {
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let over = false;
    const ended = runLoop({ every: 10, signal: stop.signal, onFailure: assert.ifError }, () => promise).then(
      () => {
        over = true;
      },
    );
    stop.abort();
    await turn();
    assert.equal(over, false);
    resolve(true);
    await ended;
  });

  it('never runs if it was aborted before', async () => {
    await runLoop({ every: 10, signal: AbortSignal.abort(), onFailure: assert.ifError }, () => assert.fail());
  });
});

describe('idle pauses', () => {
  it('are none after a run that found something, and double up to the longest', () => {
    const pauses = createIdleBackoff({ least: 100, most: 350 });
    assert.deepEqual([0, 1, 2, 3, 4].map(pauses), [0, 100, 200, 350, 350]);
  });
});

describe('a sleep', () => {
  it('ends at once if it was aborted before', async () => {
    await sleep(3_600_000, AbortSignal.abort());
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    await sleep(1, signal);
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('ends when aborted, without an error', async () => {
    const stop = new AbortController();
    const slept = sleep(3_600_000, stop.signal);
    stop.abort();
    await slept;
  });
});
