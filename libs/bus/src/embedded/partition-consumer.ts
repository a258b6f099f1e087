import { createExponentialBackoff, sleep } from '@latchkey/process/loop';
import type { Database } from '@latchkey/sqlite';
import type { BusRecord, BusSubscribeOptions } from '../bus.ts';
import { formatDeadLetterTopicName } from '../dead-letter.ts';
import { prepareDeadLetters } from './dead-letter.ts';
import type { EmbeddedLog, StoredTopic } from './log.ts';

const backoff = createExponentialBackoff({ least: 50, most: 1000 });

export interface BusLogger {
  warn(fields: object, message: string): void;
}

/** A subscription in its role as a member of its group. */
export interface GroupMember {
  readonly topics: readonly string[];
  readonly sliceSize: number;
  readonly handle: BusSubscribeOptions['handle'];
  readonly logger: BusLogger | undefined;
  readonly now: () => Date;
  /** Aborted when the member is about to leave its group. */
  readonly leaving: AbortSignal;
}

export interface EmbeddedPartitionConsumerDeps {
  readonly database: Database;
  readonly log: EmbeddedLog;
  readonly group: string;
  readonly topic: StoredTopic;
  readonly partition: number;
  /** Returns the member of the group that is to handle the next slice of records. */
  owner(): GroupMember | undefined;
  /**
   * Waits until the next slice of records may be read, so that not all partitions are read in the same turn
   * of the event loop.
   */
  admitted(): Promise<void>;
  /** Notifies the readers of a topic. Called after records were committed to the topic. */
  appended(topic: string): void;
}

/**
 * Reads one partition for one group. All members of the group in this process share this consumer and its
 * single loop, so that no two slices of the partition are handled at the same time.
 */
export interface EmbeddedPartitionConsumer {
  /** Makes the consumer look for new records. Must be called when records may have been appended. */
  wake(): void;
  /**
   * Waits until this member has finished the slice of the partition that it is handling. If the member is
   * waiting to retry a slice, ends this wait. Must be called after the member has left its group.
   */
  releasedBy(member: GroupMember): Promise<void>;
  /** Returns whether the last attempt to read records succeeded. */
  healthy(): boolean;
}

export function createEmbeddedPartitionConsumer(
  deps: EmbeddedPartitionConsumerDeps,
): EmbeddedPartitionConsumer {
  const { log, group, topic, partition, owner, admitted } = deps;
  let running = false;
  let fetched = true;
  let failures = 0;
  let holder: GroupMember | undefined;
  let inHand: Promise<boolean> = Promise.resolve(true);
  let released = new AbortController();

  /**
   * Reads the partition until no records are left. Between the read that finds no records and the reset of
   * `running`, there must be no `await`. Otherwise, the loop could end without noticing a call of `wake`.
   */
  async function run(): Promise<void> {
    for (;;) {
      await admitted();
      const member = owner();
      if (member === undefined) break;
      const records = fetch(member);
      if (records?.length === 0) break;
      const done = records !== undefined && (await deliver(member, records));
      if (done) failures = 0;
      else await pause();
    }
    running = false;
  }

  function fetch(member: GroupMember): BusRecord[] | undefined {
    try {
      const records = log.nextFor(group, topic, partition, member.sliceSize);
      fetched = true;
      return records;
    } catch (err) {
      fetched = false;
      member.logger?.warn(
        { err, group, topic: topic.name, partition },
        'the log cannot be read; trying again',
      );
      return undefined;
    }
  }

  async function deliver(member: GroupMember, records: readonly BusRecord[]): Promise<boolean> {
    holder = member;
    inHand = handOver(deps, member, records);
    const done = await inHand;
    holder = undefined;
    return done;
  }

  async function pause(): Promise<void> {
    released = new AbortController();
    await sleep(backoff(failures), released.signal);
    failures += 1;
  }

  return {
    wake() {
      if (running) return;
      running = true;
      void run();
    },
    async releasedBy(member) {
      released.abort();
      if (holder === member) await inHand;
    },
    healthy: () => fetched,
  };
}

/**
 * Passes one slice of records to the handler, and then stores the position after the slice. Returns false if
 * either step failed; the slice must then be delivered again.
 */
async function handOver(
  deps: EmbeddedPartitionConsumerDeps,
  member: GroupMember,
  records: readonly BusRecord[],
): Promise<boolean> {
  const { database, log, group, topic, partition } = deps;
  const unusable = new Map<BusRecord, string>();
  const past = (records.at(-1)?.offset ?? 0) + 1;
  try {
    await member.handle({
      topic: topic.name,
      partition,
      records,
      signal: member.leaving,
      setAside: (record, cause) => void unusable.set(record, cause),
    });
    const keepPosition = () => {
      if (unusable.size > 0)
        log.append(prepareDeadLetters(log, { topic: topic.name, group, unusable, at: member.now() }));
      log.moveTo(group, topic, partition, past);
    };
    // Do not flush the position to the disk. If it is lost in a crash, the same records are delivered again,
    // and the bus may deliver records again at any time.
    await database.write(keepPosition, { flushed: false });
    if (unusable.size > 0) deps.appended(formatDeadLetterTopicName(topic.name, group));
    return true;
  } catch (err) {
    const offset = records[0]?.offset;
    member.logger?.warn(
      { err, group, topic: topic.name, partition, offset },
      'a batch of records failed and is retried',
    );
    return false;
  }
}
