import { type PartitionerArgs, Partitioners } from 'kafkajs';
import { partitionOfKey } from '../partitioner.ts';

/**
 * Creates a partitioner for a producer of kafkajs. It chooses the partition that Kafka's default
 * partitioner chooses for the part of the key before its first slash. The partition of a key is computed
 * with 32-bit integers, because kafkajs computes it with 64-bit ones, which takes several times as long.
 * Records without a key are distributed round robin over the partitions that have a leader.
 * @param partitionsOf returns the number of partitions over which the records of a topic are spread;
 * undefined to use all partitions
 */
export function createPartitionChooser(
  partitionsOf: (topic: string) => number | undefined,
): (args: PartitionerArgs) => number {
  const chooseInTurn = Partitioners.DefaultPartitioner();
  return (args) => {
    const { topic, message, partitionMetadata } = args;
    const own = partitionsOf(topic) ?? Number.POSITIVE_INFINITY;
    const ownMetadata = partitionMetadata.filter(({ partitionId }) => partitionId < own);
    const { key } = message;
    return key === null || key === undefined
      ? chooseInTurn({ ...args, partitionMetadata: ownMetadata })
      : partitionOfKey(Buffer.from(key), ownMetadata.length);
  };
}
