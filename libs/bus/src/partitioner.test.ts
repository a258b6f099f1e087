import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { murmur2, partitionOfKey } from './partitioner.ts';

/** Hashes from the tests of Kafka's own client (org.apache.kafka.common.utils.UtilsTest). */
const vectors: readonly [text: string, hash: number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('the partitioner', () => {
  it('uses only the part of the key before a slash', () => {
    const partition = partitionOfKey(Buffer.from('foobar'), 64);
    for (const key of ['foobar/1', 'foobar/2', 'foobar/', 'foobar/1/2'])
      assert.equal(partitionOfKey(Buffer.from(key), 64), partition, key);
    assert.notEqual(partitionOfKey(Buffer.from('foobar-1'), 64), partition);
  });

  for (const [text, hash] of vectors) {
    it(`hashes ${text} as Kafka does`, () => assert.equal(murmur2(Buffer.from(text)), hash));
  }

  it('makes a negative hash positive by clearing its sign bit', () => {
    assert.equal(partitionOfKey(Buffer.from('21'), 12), (-973932308 & 0x7fffffff) % 12);
  });
});
