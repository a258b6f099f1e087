import { createLane, type Lane, type LaneDeps, type Member } from './lane.ts';

type GroupDeps = Pick<LaneDeps, 'database' | 'log' | 'group' | 'appended'>;

/** The members of one group in this process, and the partitions that they share. */
export interface Group {
  /** Adds a member. @throws Error if one of its topics does not exist */
  join(member: Member): void;
  /** Resolves once the member's slices in progress are done. The other members take over its partitions. */
  leave(member: Member): Promise<void>;
  /** Looks for new records. @param partitions the partitions that may have some; defaults to all */
  wake(topic: string, partitions?: readonly number[]): void;
  wakeAll(): void;
  healthy(member: Member): boolean;
  isEmpty(): boolean;
}

export function createGroup(deps: GroupDeps): Group {
  const lanes = new Map<string, readonly Lane[]>();
  let members: readonly Member[] = [];

  /** Partitions are assigned round robin, per topic, to the members that read it. */
  function ownerOf(topic: string, partition: number): Member | undefined {
    const readers = members.filter((member) => member.topics.includes(topic));
    return readers[partition % readers.length];
  }

  function open(name: string): readonly Lane[] {
    const topic = deps.log.topic(name);
    return Array.from({ length: topic.partitions }, (_, partition) =>
      createLane({ ...deps, topic, partition, owner: () => ownerOf(name, partition) }),
    );
  }

  function lanesOf(member: Member) {
    return member.topics.flatMap((topic) => lanes.get(topic) ?? []);
  }
  function wake(topic: string, partitions?: readonly number[]) {
    const all = lanes.get(topic) ?? [];
    const woken = partitions ? partitions.map((partition) => all[partition]) : all;
    for (const lane of woken) lane?.wake();
  }
  function wakeAll() {
    for (const topic of lanes.keys()) wake(topic);
  }

  return {
    wake,
    wakeAll,
    join(member) {
      const opened = member.topics.map((topic) => [topic, lanes.get(topic) ?? open(topic)] as const);
      for (const [topic, itsLanes] of opened) lanes.set(topic, itsLanes);
      members = [...members, member];
      wakeAll();
    },
    async leave(member) {
      members = members.filter((other) => other !== member);
      await Promise.all(lanesOf(member).map((lane) => lane.releasedBy(member)));
      wakeAll();
    },
    healthy: (member) => lanesOf(member).every((lane) => lane.healthy()),
    isEmpty: () => members.length === 0,
  };
}
