/** Removes records from a topic, as retention does that somebody has shortened, or a tool. */
import { Kafka, logLevel } from 'kafkajs';
import { readPartition, type SeenRecord } from '../../support/kcat.ts';

const WITHIN_MS = 20_000;

/**
 * Removes every record that a partition has now, whoever has read it.
 * @param keep receives the records before they are removed: after an error they may still be there
 * @throws Error if brokers do not answer
 */
export async function cutOff(
  brokers: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  keep: (records: readonly SeenRecord[]) => void,
): Promise<void> {
  const records = await readPartition(brokers, topic, { partition, withinMs: WITHIN_MS });
  const last = records.at(-1);
  if (last === undefined) return;
  keep(records);
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'cutter', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    // kafkajs looks for the leader only among what it knows.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(last.offset + 1) }] });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
