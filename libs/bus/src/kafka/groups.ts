/** What the brokers know about a consumer group: its offsets and its lag; and its deletion. */
import kafkajs, { type Admin } from 'kafkajs';
import { GroupInUseError, type GroupProgress } from '../bus.ts';

const { KafkaJSDeleteGroupsError } = kafkajs;

/** https://kafka.apache.org/protocol#protocol_error_codes */
const NON_EMPTY_GROUP = 68;
const GROUP_ID_NOT_FOUND = 69;

/** The offsets of a group in one partition. */
export interface PartitionOffsets {
  /** Offset of the first record that the partition holds. */
  readonly start: number;
  /**
   * Offset of the record that the group reads next; `start` if the group has no position or its position has
   * expired.
   */
  readonly position: number;
  /** Offset of the next record to be written. */
  readonly end: number;
}

export function partitionName(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}

/** Returns the offsets of a group in each partition of some topics, by {@link partitionName}. */
export async function partitionOffsets(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<ReadonlyMap<string, PartitionOffsets>> {
  const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const positions = new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [partitionName(topic, partition), Number(offset)] as const),
    ),
  );
  const offsets = await Promise.all(
    topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => {
        const name = partitionName(topic, partition);
        const position = Math.max(Number(low), positions.get(name) ?? -1);
        return [name, { start: Number(low), position, end: Number(high) }] as const;
      }),
    ),
  );
  return new Map(offsets.flat());
}

/** Returns how far the group has read, summed over all partitions of the topics. */
export async function progressOf(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<GroupProgress> {
  let records = 0;
  let read = 0;
  for (const { start, position, end } of (await partitionOffsets(admin, group, topics)).values()) {
    records += end - start;
    read += position - start;
  }
  return { records, read };
}

/** Returns how many records are after the group's position, summed over all partitions of the topics. */
export async function lagOf(admin: Admin, group: string, topics: readonly string[]): Promise<number> {
  const { records, read } = await progressOf(admin, group, topics);
  return records - read;
}

/** Deletes a group; a no-op if it does not exist. @throws GroupInUseError; Error of kafkajs */
export async function forgetGroup(admin: Admin, group: string): Promise<void> {
  try {
    await admin.deleteGroups([group]);
  } catch (error) {
    const code = codeOf(error);
    if (code === GROUP_ID_NOT_FOUND) return;
    throw code === NON_EMPTY_GROUP ? new GroupInUseError(group) : error;
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof KafkaJSDeleteGroupsError ? error.groups[0]?.errorCode : undefined;
}
