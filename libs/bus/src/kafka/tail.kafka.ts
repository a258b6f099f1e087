import { sleep } from '@latchkey/process/loop';
import type { Kafka } from 'kafkajs';
import type { BusRecord } from '../bus.ts';
import { partitionOfKey } from '../partitioner.ts';
import type { PartitionOffsetRange } from '../reader.ts';
import { hasNewRecords, type LogTail, MAX_CACHED_OFFSET_RANGES_AGE_MS } from '../tail.ts';
import type { ReusableKafkaAdmin } from './admin.ts';
import { fetchPartitionOffsetRanges, fetchRecordsFrom } from './read-partition.ts';
import { toBusRecord } from './records.ts';
import { openKafkajsCluster } from './workarounds/open-cluster.ts';

/** How often to look for new records while a reader waits for them, in ms. */
const LOOK_EVERY_MS = 100;
const BYTES_PER_RECORD = 1500;
const MOST_BYTES = 1024 * 1024;

export interface KafkaLogTail extends LogTail {
  close(): Promise<void>;
}

export interface KafkaLogTailDeps {
  readonly kafka: Kafka;
  readonly admin: ReusableKafkaAdmin;
  readonly topic: string;
  readonly id: string;
  /**
   * Returns the number of partitions that Latchkey created. Records with keys are only in these partitions,
   * so partitions that somebody has added later need not be read. Undefined if the number is unknown; then
   * all partitions are read.
   */
  ownPartitions(): number | undefined;
}

/** Reads a topic on a connection that stays open. */
export function createKafkaLogTail({
  kafka,
  admin,
  topic,
  id,
  ownPartitions,
}: KafkaLogTailDeps): KafkaLogTail {
  let connection: ReturnType<typeof openKafkajsCluster> | undefined;
  let known: { readonly at: number; readonly ranges: Promise<readonly PartitionOffsetRange[]> } | undefined;
  /**
   * For each partition, the records that the last fetch returned beyond the limit of that read. The next
   * read returns these records first.
   */
  const rest = new Map<number, { readonly from: number; readonly records: readonly BusRecord[] }>();

  function ranges(): Promise<readonly PartitionOffsetRange[]> {
    if (known === undefined || performance.now() - known.at > MAX_CACHED_OFFSET_RANGES_AGE_MS) {
      const fresh = admin.use((each) => fetchPartitionOffsetRanges(each, topic));
      known = { at: performance.now(), ranges: fresh };
      fresh.catch(() => {
        known = undefined;
      });
    }
    return known.ranges;
  }

  async function fetchRecords(
    partition: number,
    offset: number,
    limit: number,
  ): Promise<readonly BusRecord[]> {
    connection ??= openKafkajsCluster(kafka, topic);
    const opened = connection;
    const { cluster } = await opened.catch((error: unknown) => {
      if (connection === opened) connection = undefined;
      throw error;
    });
    const bytes = Math.min(MOST_BYTES, limit * BYTES_PER_RECORD);
    const messages = await fetchRecordsFrom(cluster, { topic, partition, offset, bytes });
    return messages.map((message) => toBusRecord(topic, partition, message));
  }

  function take(partition: number, records: readonly BusRecord[], limit: number): readonly BusRecord[] {
    const taken = records.slice(0, limit);
    const last = taken.at(-1);
    if (records.length > limit && last)
      rest.set(partition, { from: last.offset + 1, records: records.slice(limit) });
    else rest.delete(partition);
    return taken;
  }

  return {
    id,
    ranges,
    async read(partition, offset, limit) {
      const kept = rest.get(partition);
      if (kept?.from === offset) return take(partition, kept.records, limit);
      const range = (await ranges()).find((each) => each.partition === partition);
      if (range === undefined || offset >= range.end) return [];
      return take(partition, await fetchRecords(partition, offset, limit), limit);
    },
    partitionOf: async (key) => partitionOfKey(Buffer.from(key), ownPartitions() ?? (await ranges()).length),
    async grown(before, signal) {
      while (!signal.aborted && !hasNewRecords(before, await ranges())) await sleep(LOOK_EVERY_MS, signal);
    },
    async close() {
      await connection?.then(({ disconnect }) => disconnect()).catch(() => undefined);
    },
  };
}
