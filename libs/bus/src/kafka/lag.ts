import type { Admin } from 'kafkajs';
import type { GroupProgress } from '../bus.ts';

/** Records after the group's position, summed over all partitions of the topics. */
export async function lagOf(admin: Admin, group: string, topics: readonly string[]): Promise<number> {
  const { records, read } = await progressOf(admin, group, topics);
  return records - read;
}

/** How far the group has read, summed over all partitions of the topics. */
export async function progressOf(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<GroupProgress> {
  const positions = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const parts = await Promise.all(topics.map((topic) => progressInTopic(admin, topic, positions)));
  return parts.reduce(sum, NOTHING);
}

type Positions = Awaited<ReturnType<Admin['fetchOffsets']>>;

async function progressInTopic(admin: Admin, topic: string, positions: Positions): Promise<GroupProgress> {
  const reached = new Map(
    positions
      .filter((each) => each.topic === topic)
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, offset }) => [partition, Number(offset)]),
  );
  const ends = await admin.fetchTopicOffsets(topic);
  return ends
    .map(({ partition, high, low }) => ({
      records: Number(high) - Number(low),
      // Without a position (-1) a group starts at the beginning; what has expired cannot be read any more.
      read: Math.max(Number(low), reached.get(partition) ?? -1) - Number(low),
    }))
    .reduce(sum, NOTHING);
}

const NOTHING: GroupProgress = { records: 0, read: 0 };

function sum(a: GroupProgress, b: GroupProgress): GroupProgress {
  return {
    records: a.records + b.records,
    read: a.read + b.read,
  };
}
