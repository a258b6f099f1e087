import type { Cluster, Kafka } from 'kafkajs';

/**
 * Returns a connection that can fetch without joining a group. kafkajs passes its cluster only to partition
 * assigners, when a consumer is created; this consumer never runs, so its group is never created and needs no ACL.
 * @throws Error if this version of kafkajs creates its assigners later
 */
export async function borrowKafkajsCluster(
  kafka: Kafka,
  topic: string,
): Promise<{ readonly cluster: Cluster; disconnect(): Promise<void> }> {
  const borrowed: Cluster[] = [];
  const consumer = kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        borrowed.push(cluster);
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  const [cluster] = borrowed;
  if (!cluster) throw new Error('This version of kafkajs creates its partition assigners later.');
  await consumer.connect();
  await cluster.addMultipleTargetTopics([topic]);
  return { cluster, disconnect: () => consumer.disconnect() };
}
