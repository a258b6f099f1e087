import type { Cluster, Kafka } from 'kafkajs';

/**
 * Returns kafkajs's `Cluster`, whose methods can fetch records without joining a group. kafkajs passes its
 * cluster only to the partition assigners of a consumer, so this function creates a consumer. The consumer
 * never runs, so its group is never created and needs no ACL.
 * @throws Error if this version of kafkajs creates its assigners later
 */
export async function openKafkajsCluster(
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
