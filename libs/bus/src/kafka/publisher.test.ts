import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertAllAcknowledged } from './publisher.ts';

function answer(partition: number, { topicName = 't', errorCode = 0 } = {}) {
  return {
    topicName,
    partition,
    errorCode,
  };
}

describe('a publish', () => {
  it('succeeds when every partition that it wrote to has answered', () => {
    assertAllAcknowledged('t', [0, 2, 0], [answer(2), answer(0), answer(1)]);
  });

  for (const [what, answers] of Object.entries({
    'is missing among the answers': [answer(0)],
    'answered with an error': [answer(0), answer(2, { errorCode: 7 })],
    'answered for another topic alone': [answer(0), answer(2, { topicName: 'other' })],
  })) {
    it(`fails when a partition ${what}`, () => {
      assert.throws(() => assertAllAcknowledged('t', [0, 2, 2], answers), /for partition 2 of t/);
    });
  }

  it('fails when a record was given no partition', () => {
    assert.throws(() => assertAllAcknowledged('t', [0, undefined], [answer(0)]), /No acknowledgement/);
  });
});
