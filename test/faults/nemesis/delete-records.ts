/** Deletes records from a topic, as could happen with a shortened retention or a tool. */
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { cleanupPolicyOf, setCleanupPolicy } from '../../support/cleanup-policy.ts';
import { type KcatRecord, readPartition } from '../../support/kcat.ts';

const WITHIN_MS = 20_000;

/**
 * Deletes all records that a partition contains now, whether or not they were read.
 * @param keep receives the records before they are deleted; after an error, the records may still be on the topic
 * @throws Error if the brokers do not respond
 */
export async function deleteRecords(
  brokers: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  keep: (records: readonly KcatRecord[]) => void,
): Promise<void> {
  const records = await readPartition(brokers, topic, { partition, withinMs: WITHIN_MS });
  const last = records.at(-1);
  if (last === undefined) return;
  keep(records);
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'cutter', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    // Loads the metadata of the topic, without which kafkajs does not find the leader of the partition.
    await admin.fetchTopicOffsets(topic);
    const offset = String(last.offset + 1);
    await whileDeletable(admin, topic, () =>
      admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] }),
    );
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/**
 * Runs `work` while the cleanup policy of the topic includes `delete`. If a topic is only compacted, brokers refuse to
 * delete records from it.
 */
async function whileDeletable(admin: Admin, topic: string, work: () => Promise<unknown>): Promise<void> {
  const policy = await cleanupPolicyOf(admin, topic);
  if (policy !== 'compact') return void (await work());
  await setCleanupPolicy(admin, topic, 'compact,delete');
  try {
    await work();
  } finally {
    await setCleanupPolicy(admin, topic, policy);
  }
}
