import type { Admin } from 'kafkajs';

/** One partition of a topic, as the brokers know it. */
export interface Standing {
  /** The record that the group reads next. */
  readonly position: number;
  /** The one after the last. */
  readonly end: number;
}

export function nameOf(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}

/** How a group stands in each partition of some topics, by {@link nameOf}. */
export async function standingOf(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<ReadonlyMap<string, Standing>> {
  const kept = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const positions = new Map(
    kept.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [nameOf(topic, partition), Number(offset)] as const),
    ),
  );
  const standings = await Promise.all(
    topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => {
        const name = nameOf(topic, partition);
        // Without a position (-1) a group starts at the beginning; what has expired cannot be read any more.
        return [
          name,
          { position: Math.max(Number(low), positions.get(name) ?? -1), end: Number(high) },
        ] as const;
      }),
    ),
  );
  return new Map(standings.flat());
}
