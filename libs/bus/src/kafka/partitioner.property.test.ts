import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { partitionOfKey } from '../partitioner.ts';
import { createPartitionChooser } from './choose-partition.ts';

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
      { numRuns: chooseRunCount({ some: 300, all: 1000 }) },
    );
  });
});

describe('the partitioner of the publisher', () => {
  const onBroker = Partitioners.DefaultPartitioner();
  const partitionMetadata = metadataOf(64);

  it("chooses kafkajs's partition of the main part of a key, among Latchkey's own partitions", () => {
    const rest = fc.option(fc.string({ maxLength: 20 }), { nil: undefined });
    const arbitrary = fc.record({
      id: fc.uuid(),
      rest,
      own: fc.integer({ min: 1, max: 64 }),
      isText: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ id, rest, own, isText }) => {
        const text = rest === undefined ? id : `${id}/${rest}`;
        const key = isText ? text : Buffer.from(text);
        assert.equal(
          createPartitionChooser(() => own)({
            topic: 'any',
            partitionMetadata,
            message: { key, value: null },
          }),
          onBroker({ topic: 'any', partitionMetadata: metadataOf(own), message: { key: id, value: null } }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('uses all partitions of a topic whose number of own partitions is unknown', () => {
    fc.assert(
      fc.property(fc.uuid(), (key) => {
        const args = { topic: 'any', partitionMetadata, message: { key, value: null } };
        assert.equal(createPartitionChooser(() => undefined)(args), onBroker(args));
      }),
    );
  });

  it('spreads records without a key over the own partitions that have a leader', () => {
    const choose = createPartitionChooser(() => 4);
    const withoutLeader = partitionMetadata.map((each) =>
      each.partitionId === 2 ? { ...each, leader: -1 } : each,
    );
    const chosen = Array.from({ length: 6 }, () =>
      choose({ topic: 'any', partitionMetadata: withoutLeader, message: { value: null } }),
    );
    assert.deepEqual(new Set(chosen), new Set([0, 1, 3]));
  });
});
