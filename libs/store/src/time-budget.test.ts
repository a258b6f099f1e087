import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mapPortErrors } from './guard-port.ts';
import { disableTimeBudget, runWithTimeBudget } from './time-budget.ts';

const tooSlow = { name: 'StoreUnavailable', message: 'The store cannot be reached: it responds too slowly' };

/** Creates a port whose calls take a given time on a simulated clock. */
function createSlowPort() {
  const time = { ms: 0 };
  const calls: number[] = [];
  const port = mapPortErrors(
    {
      async take(ms: number): Promise<void> {
        calls.push(ms);
        await Promise.resolve();
        time.ms += ms;
      },
      async *pages() {
        yield 1;
      },
    },
    () => undefined,
  );
  function inRequest<T>(work: () => Promise<T>): Promise<T> {
    return runWithTimeBudget(work, () => time.ms);
  }
  return { time, calls, port, inRequest };
}

describe('a request that has waited 5 s for the store', () => {
  test('begins no further call, and sends nothing', async () => {
    const { calls, port, inRequest } = createSlowPort();
    await inRequest(async () => {
      await port.take(4_999);
      await port.take(1);
      await assert.rejects(port.take(1), tooSlow);
    });
    assert.deepEqual(calls, [4_999, 1]);
  });

  test('finishes a call that has begun', async () => {
    const { port, inRequest } = createSlowPort();
    await inRequest(() => port.take(60_000));
  });

  test('finishes all of its work if it has changed something', async () => {
    const { calls, port, inRequest } = createSlowPort();
    await inRequest(async () => {
      await port.take(4_000);
      disableTimeBudget();
      await port.take(4_000);
      await port.take(1);
    });
    assert.equal(calls.length, 3);
  });

  test('is distinguished from others, from work that it leaves behind, and from work outside of requests', async () => {
    const { time, port, inRequest } = createSlowPort();
    const left = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    await inRequest(async () => {
      await port.take(5_000);
      void ended.promise.then(() => port.take(1)).then(left.resolve, left.reject);
      await inRequest(() => port.take(1));
    });
    ended.resolve();
    await left.promise;
    await port.take(5_000);
    await port.take(1);
    assert.equal(time.ms, 10_003);
  });
});

test('the time of a request without calls does not count, and calls at the same time count once', async () => {
  const { time, port, inRequest } = createSlowPort();
  await inRequest(async () => {
    time.ms += 60_000;
    await Promise.all([port.take(2_000), port.take(2_000)]);
    time.ms += 60_000;
    for await (const _ of port.pages()) time.ms += 60_000;
    await port.take(999);
    await port.take(1);
    await assert.rejects(port.take(1), tooSlow);
  });
});
