/** Reads the offsets and the lag of a consumer group from the brokers, and deletes groups. */
import { retry } from '@latchkey/process/loop';
import kafkajs, { type Admin, type GroupDescriptions, type Kafka } from 'kafkajs';
import { ConsumerGroupInUseError, type ConsumerGroupProgress } from '../bus.ts';
import { openKafkajsCluster } from './workarounds/open-cluster.ts';

const { AssignerProtocol, KafkaJSDeleteGroupsError } = kafkajs;

/**
 * Kafka's error code NON_EMPTY_GROUP, for a group that has members:
 * https://kafka.apache.org/protocol#protocol_error_codes
 */
const NON_EMPTY_GROUP = 68;
const GROUP_ID_NOT_FOUND = 69;

const COORDINATOR_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 100;

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
  /** The position that the group has stored, if any. */
  readonly stored?: number;
}

/**
 * Returns a sentence for each stored position that is outside the range of its partition. The broker silently
 * replaces such a position, so that records are skipped or read again.
 */
export function describePositionsOutOfRange(
  group: string,
  offsets: ReadonlyMap<string, PartitionOffsets>,
): readonly string[] {
  return [...offsets].flatMap(([name, { start, end, stored }]) =>
    stored === undefined || (stored >= start && stored <= end)
      ? []
      : [
          `Group ${group} was at offset ${stored} of ${name}, which now has the offsets ${start} to ${end}: records were deleted, or the topic was recreated.`,
        ],
  );
}

export function formatPartitionName(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}

/**
 * Returns the offsets of a group in each partition of the topics. The keys of the map are the names that
 * {@link formatPartitionName} returns.
 */
export async function fetchGroupOffsets(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<ReadonlyMap<string, PartitionOffsets>> {
  const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  const positions = new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions.map(
        ({ partition, offset }) => [formatPartitionName(topic, partition), Number(offset)] as const,
      ),
    ),
  );
  const offsets = await Promise.all(
    topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => {
        const name = formatPartitionName(topic, partition);
        const [start, end, stored = -1] = [Number(low), Number(high), positions.get(name)];
        // If the position of a group is out of range, the broker moves the group to the start.
        const position = stored > end ? start : Math.max(start, stored);
        return [name, { start, position, end, ...(stored >= 0 && { stored }) }] as const;
      }),
    ),
  );
  return new Map(offsets.flat());
}

/** Returns how far the group has read, summed over all partitions of the topics. */
export async function fetchGroupProgress(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<ConsumerGroupProgress> {
  const offsets = await fetchGroupOffsets(admin, group, topics);
  let records = 0;
  let read = 0;
  for (const { start, position, end } of offsets.values()) {
    records += end - start;
    read += position - start;
  }
  return { records, read, outOfRange: describePositionsOutOfRange(group, offsets) };
}

/** Returns how many records the group has not read yet, summed over all partitions of the topics. */
export async function fetchGroupLag(admin: Admin, group: string, topics: readonly string[]): Promise<number> {
  const { records, read } = await fetchGroupProgress(admin, group, topics);
  return records - read;
}

/** Deletes a group; a no-op if it does not exist. @throws ConsumerGroupInUseError; Error of kafkajs */
export async function deleteGroup(admin: Admin, group: string): Promise<void> {
  try {
    await admin.deleteGroups([group]);
  } catch (error) {
    const code = codeOf(error);
    if (code === GROUP_ID_NOT_FOUND) return;
    throw code === NON_EMPTY_GROUP ? new ConsumerGroupInUseError(group) : error;
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof KafkaJSDeleteGroupsError ? error.groups[0]?.errorCode : undefined;
}

/**
 * Asserts that all members of the group read the same topics as this subscription. Otherwise, another system
 * uses the group. During a rebalance, the broker does not report the topics of the members, so the check is
 * skipped.
 * @throws Error with a one-line message
 */
export async function assertNoForeignGroupMembers(
  admin: Pick<Admin, 'describeGroups'>,
  group: string,
  topics: readonly string[],
): Promise<void> {
  const { groups } = await describeGroup(admin, group);
  for (const { memberMetadata } of groups.flatMap(({ members }) => members)) {
    if (memberMetadata.length === 0) continue;
    const theirs = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [];
    if (areCompatible(theirs, topics)) continue;
    throw new Error(
      `GROUP_PREFIX: the group ${group} has members that read ${theirs.join(', ')}, not ${topics.join(', ')}: another system uses this group. Set a prefix that no other system uses.`,
    );
  }
}

/**
 * Returns the state of a group. Retries while the group has no coordinator: a broker that has never had a
 * group must first create its offsets topic.
 */
function describeGroup(admin: Pick<Admin, 'describeGroups'>, group: string): Promise<GroupDescriptions> {
  const giveUpAt = performance.now() + COORDINATOR_WITHIN_MS;
  function isMissing(error: unknown): boolean {
    return error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound';
  }
  return retry(
    {
      least: ASK_AGAIN_MS,
      most: ASK_AGAIN_MS,
      when: (error) => isMissing(error) && performance.now() <= giveUpAt,
    },
    () => admin.describeGroups([group]),
  );
}

/**
 * Returns whether one of two lists of topics contains all topics of the other list. One list may contain more
 * topics, because instances of a newer release may read additional topics.
 */
function areCompatible(theirs: readonly string[], ours: readonly string[]): boolean {
  const [fewer, more] = theirs.length < ours.length ? [theirs, ours] : [ours, theirs];
  return fewer.every((topic) => more.includes(topic));
}

/**
 * Copies the positions of the former group to a group that has none. The former group keeps its positions.
 * @returns whether positions were copied
 * @throws Error of kafkajs, for example if other members have joined the group in the meantime. Each member
 * calls this function before it joins, so these members have already copied the positions
 */
export async function copyPositionsOfFormerGroup(
  kafka: Kafka,
  admin: Admin,
  {
    group,
    formerGroup,
    topics,
  }: { readonly group: string; readonly formerGroup: string; readonly topics: readonly string[] },
): Promise<boolean> {
  if ((await positionsOf(admin, group, topics)).length > 0) return false;
  const former = await positionsOf(admin, formerGroup, topics);
  const [{ topic } = { topic: undefined }] = former;
  if (topic === undefined) return false;
  const { cluster, disconnect } = await openKafkajsCluster(kafka, topic);
  try {
    const coordinator = await cluster.findGroupCoordinator({ groupId: group });
    // Commit without naming a member of the group. The broker accepts such a commit only while the group has
    // no members.
    await coordinator.offsetCommit({ groupId: group, groupGenerationId: -1, memberId: '', topics: former });
    return true;
  } finally {
    await disconnect();
  }
}

/** Returns the positions of a group, by topic. Topics without positions are left out. */
async function positionsOf(admin: Admin, group: string, topics: readonly string[]) {
  const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  return committed
    .map(({ topic, partitions }) => ({
      topic,
      partitions: partitions
        .filter(({ offset }) => Number(offset) >= 0)
        .map(({ partition, offset }) => ({ partition, offset })),
    }))
    .filter(({ partitions }) => partitions.length > 0);
}
