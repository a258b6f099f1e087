import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { partitionOfKey } from '../partitioner.ts';

function metadataOf(partitions: number): PartitionMetadata[] {
  return Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
}

describe('the embedded partitioner', () => {
  it('gives a key the partition that it has on a broker', () => {
    const onBroker = Partitioners.DefaultPartitioner();
    const key = fc
      .oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.uuid(),
      )
      .filter((each) => !each.includes('/'));
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 64 }), (someKey, partitions) => {
        assert.equal(
          partitionOfKey(Buffer.from(someKey), partitions),
          onBroker({
            topic: 'any',
            partitionMetadata: metadataOf(partitions),
            message: { key: someKey, value: null },
          }),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
