import {
  createEmbeddedPartitionConsumer,
  type EmbeddedPartitionConsumer,
  type EmbeddedPartitionConsumerDeps,
  type GroupMember,
} from './partition-consumer.ts';

type GroupDeps = Pick<EmbeddedPartitionConsumerDeps, 'database' | 'log' | 'group' | 'admitted' | 'appended'>;

/** The members of one group in this process, and the partitions that they share. */
export interface EmbeddedConsumerGroup {
  /** Adds a member. @throws Error if one of its topics does not exist */
  join(member: GroupMember): void;
  /**
   * Removes a member, and gives its partitions to the other members. Resolves once the member has finished
   * the slices that it was handling.
   */
  leave(member: GroupMember): Promise<void>;
  /**
   * Makes the members read new records of a topic.
   * @param partitions the partitions that may have new records; default: all
   */
  wake(topic: string, partitions?: readonly number[]): void;
  wakeAll(): void;
  healthy(member: GroupMember): boolean;
  isEmpty(): boolean;
}

export function createEmbeddedConsumerGroup(deps: GroupDeps): EmbeddedConsumerGroup {
  const partitionConsumers = new Map<string, readonly EmbeddedPartitionConsumer[]>();
  let members: readonly GroupMember[] = [];

  /**
   * Returns the member that owns a partition. The partitions of each topic are assigned round robin to the
   * members that read this topic.
   */
  function ownerOf(topic: string, partition: number): GroupMember | undefined {
    const readers = members.filter((member) => member.topics.includes(topic));
    return readers[partition % readers.length];
  }

  function open(name: string): readonly EmbeddedPartitionConsumer[] {
    const topic = deps.log.topic(name);
    return Array.from({ length: topic.partitions }, (_, partition) =>
      createEmbeddedPartitionConsumer({ ...deps, topic, partition, owner: () => ownerOf(name, partition) }),
    );
  }

  function partitionConsumersOf(member: GroupMember) {
    return member.topics.flatMap((topic) => partitionConsumers.get(topic) ?? []);
  }
  function wake(topic: string, partitions?: readonly number[]) {
    const all = partitionConsumers.get(topic) ?? [];
    const woken = partitions ? partitions.map((partition) => all[partition]) : all;
    for (const partitionConsumer of woken) partitionConsumer?.wake();
  }
  function wakeAll() {
    for (const topic of partitionConsumers.keys()) wake(topic);
  }

  return {
    wake,
    wakeAll,
    join(member) {
      const opened = member.topics.map(
        (topic) => [topic, partitionConsumers.get(topic) ?? open(topic)] as const,
      );
      for (const [topic, consumers] of opened) partitionConsumers.set(topic, consumers);
      members = [...members, member];
      wakeAll();
    },
    async leave(member) {
      members = members.filter((other) => other !== member);
      await Promise.all(
        partitionConsumersOf(member).map((partitionConsumer) => partitionConsumer.releasedBy(member)),
      );
      wakeAll();
    },
    healthy: (member) =>
      partitionConsumersOf(member).every((partitionConsumer) => partitionConsumer.healthy()),
    isEmpty: () => members.length === 0,
  };
}
