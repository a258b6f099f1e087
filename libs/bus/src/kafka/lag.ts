import type { Admin } from 'kafkajs';

/** Records after the group's position, summed over all partitions of the topics. */
export async function lagOf(admin: Admin, group: string, topics: readonly string[]): Promise<number> {
  const positions = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const lags = await Promise.all(topics.map((topic) => lagOfTopic(admin, topic, positions)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}

type Positions = Awaited<ReturnType<Admin['fetchOffsets']>>;

async function lagOfTopic(admin: Admin, topic: string, positions: Positions): Promise<number> {
  const reached = new Map(
    positions
      .filter((each) => each.topic === topic)
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, offset }) => [partition, Number(offset)]),
  );
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.reduce(
    // Without a position (-1) a group starts at the beginning; what has expired cannot be read any more.
    (sum, { partition, high, low }) =>
      sum + Number(high) - Math.max(Number(low), reached.get(partition) ?? -1),
    0,
  );
}
