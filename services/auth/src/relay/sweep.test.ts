import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outbox } from '../ports/outbox.ts';
import { createOutboxSweep } from './sweep.ts';

/**
 * Creates an outbox in memory with one unpublished commit for each entry of `streams`. The commit of
 * `streams[i]` has the time `i` ms since the epoch.
 */
function createOutboxOf(streams: readonly string[]): Pick<Outbox, 'waiting'> {
  return {
    async waiting({ after, limit }) {
      const from = after === undefined ? 0 : after.getTime() + 1;
      const page = streams.slice(from, from + limit);
      return {
        streams: [...new Set(page)],
        ...(page.length > 0 && { last: new Date(from + page.length - 1) }),
        hasMore: from + page.length < streams.length,
      };
    },
  };
}

test('while publishing fails, the sweep reaches the end of any backlog', async () => {
  const found = new Set<string>();
  const sweep = createOutboxSweep({
    outbox: createOutboxOf([...Array.from({ length: 300_000 }, () => 'long'), 'last']),
    leases: { take: async () => true, release: async () => undefined },
    instance: 'one',
    now: () => new Date(1_000_000_000),
    found: (stream) => found.add(stream),
    capacity: () => 10_000,
    isFailing: () => true,
  });
  for (let run = 0; run < 32; run += 1) await sweep.run();
  assert.deepEqual([...found], ['long', 'last']);
});
