import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitUntilCaughtUp } from './when-caught-up.ts';

describe('a subscription that catches up', () => {
  test('is waited for, even if its position cannot be looked up for a while', async () => {
    const looks: (() => boolean)[] = [
      () => false,
      () => assert.fail('the broker is away'),
      () => assert.fail('the broker is away'),
      () => false,
      () => true,
    ];
    const warnings: object[] = [];
    const subscription = { caughtUp: async () => looks.shift()?.() ?? assert.fail('looked too often') };
    await waitUntilCaughtUp(
      subscription,
      { warn: (fields) => void warnings.push(fields) },
      new AbortController().signal,
    );
    assert.equal(looks.length, 0);
    assert.equal(warnings.length, 2);
  });

  test('is waited for until the guard stops', async () => {
    const stopping = new AbortController();
    const subscription = {
      async caughtUp() {
        stopping.abort();
        return false;
      },
    };
    await assert.rejects(waitUntilCaughtUp(subscription, { warn: assert.fail }, stopping.signal), {
      name: 'AbortError',
    });
  });
});
