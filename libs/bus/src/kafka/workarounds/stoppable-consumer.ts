import { type Cluster, type Consumer, type ConsumerConfig, type Kafka, PartitionAssigners } from 'kafkajs';

/**
 * Creates a kafkajs consumer whose fetch loop always ends when the consumer stops. If the set of brokers
 * changes while a consumer stops, kafkajs starts its fetch loop once more. This loop neither fetches nor
 * waits, so it would block the process permanently. Therefore, while the consumer stops, its cluster object
 * throws when the loop asks for the brokers, which ends the loop. Partitions are assigned round robin.
 */
export function createStoppableConsumer(
  kafka: Pick<Kafka, 'consumer'>,
  config: Omit<ConsumerConfig, 'partitionAssigners'>,
): Consumer {
  /** How many calls of `stop` and `disconnect` have not ended. */
  let stopping = 0;

  function refuseWhileStopping(cluster: Cluster): void {
    const getNodeIds = cluster.getNodeIds.bind(cluster);
    cluster.getNodeIds = () => {
      if (stopping > 0) throw new Error('The consumer is being stopped.');
      return getNodeIds();
    };
  }

  const consumer = kafka.consumer({
    ...config,
    partitionAssigners: [
      (options) => {
        refuseWhileStopping(options.cluster);
        return PartitionAssigners.roundRobin(options);
      },
    ],
  });

  async function whileStopping(end: () => Promise<void>): Promise<void> {
    stopping += 1;
    try {
      await end();
    } finally {
      stopping -= 1;
    }
  }

  return {
    ...consumer,
    stop: () => whileStopping(consumer.stop),
    disconnect: () => whileStopping(consumer.disconnect),
  };
}
