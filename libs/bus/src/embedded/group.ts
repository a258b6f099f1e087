import {
  createPartitionConsumer,
  type Member,
  type PartitionConsumer,
  type PartitionConsumerDeps,
} from './partition-consumer.ts';

type GroupDeps = Pick<PartitionConsumerDeps, 'database' | 'log' | 'group' | 'appended'>;

/** The members of one group in this process, and the partitions that they share. */
export interface Group {
  /** Adds a member. @throws Error if one of its topics does not exist */
  join(member: Member): void;
  /**
   * Resolves once the member has no slice of records in progress. The other members take over its partitions.
   */
  leave(member: Member): Promise<void>;
  /** Reads new records of a topic. @param partitions the partitions that may have new records; default: all */
  wake(topic: string, partitions?: readonly number[]): void;
  wakeAll(): void;
  healthy(member: Member): boolean;
  isEmpty(): boolean;
}

export function createGroup(deps: GroupDeps): Group {
  const partitionConsumers = new Map<string, readonly PartitionConsumer[]>();
  let members: readonly Member[] = [];

  /**
   * Returns the member that owns a partition. The partitions of a topic are assigned round robin to the members that
   * read the topic.
   */
  function ownerOf(topic: string, partition: number): Member | undefined {
    const readers = members.filter((member) => member.topics.includes(topic));
    return readers[partition % readers.length];
  }

  function open(name: string): readonly PartitionConsumer[] {
    const topic = deps.log.topic(name);
    return Array.from({ length: topic.partitions }, (_, partition) =>
      createPartitionConsumer({ ...deps, topic, partition, owner: () => ownerOf(name, partition) }),
    );
  }

  function partitionConsumersOf(member: Member) {
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
