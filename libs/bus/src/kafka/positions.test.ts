import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPositionCommitter } from './positions.ts';

function at(partition: number, offset: number, topic = 't') {
  return { topic, partition, offset };
}

describe('positions', () => {
  it('that arrive while others are being committed are committed together, by topic', async () => {
    const positions = createPositionCommitter();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const requests: unknown[] = [];
    async function commit(request?: unknown) {
      requests.push(request);
      await gate;
    }
    const kept = [at(0, 7), at(1, 3), at(2, 4), at(0, 9, 'u')].map((each) => positions.keep(each, commit));
    open();
    await Promise.all(kept);
    assert.deepEqual(requests, [
      { topics: [{ topic: 't', partitions: [{ partition: 0, offset: '7' }] }] },
      {
        topics: [
          {
            topic: 't',
            partitions: [
              { partition: 1, offset: '3' },
              { partition: 2, offset: '4' },
            ],
          },
          { topic: 'u', partitions: [{ partition: 0, offset: '9' }] },
        ],
      },
    ]);
  });

  it('fail together, and the next ones are sent nevertheless', async () => {
    const positions = createPositionCommitter();
    async function refuse() {
      throw new Error('no coordinator');
    }
    const first = positions.keep(at(0, 1), refuse);
    const others = [at(1, 1), at(2, 1)].map((each) => positions.keep(each, refuse));
    for (const each of [first, ...others]) await assert.rejects(each, /no coordinator/);
    await positions.keep(at(0, 1), async () => undefined);
  });
});
