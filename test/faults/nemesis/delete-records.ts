/** Deletes records from a topic, as a retention time that is too short or an operator's tool could do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { readCleanupPolicy, setCleanupPolicy } from '../../support/cleanup-policy.ts';
import { type KcatRecord, readPartition } from '../../support/kcat.ts';

const WITHIN_MS = 20_000;
/** How long to try to restore the cleanup policy of a topic, in ms. No fault of a broker lasts that long. */
const RESTORED_WITHIN_MS = 120_000;
const AGAIN_MS = 500;

/**
 * Thrown if the cleanup policy of a topic could not be restored. Without that policy, auth processes refuse
 * to start.
 */
export class CleanupPolicyNotRestored extends Error {
  override readonly name = 'CleanupPolicyNotRestored';
}

/**
 * Deletes all records of a partition, read or unread. In the meantime, the topic may have a cleanup policy
 * with which auth refuses to start. The original policy is restored even if brokers fail or the run is
 * interrupted. If the run itself is killed, the policy is not restored. This does not matter, because each
 * run starts its own brokers.
 * @param keep receives the records before they are deleted; if an error is thrown, the records may still be
 *   on the topic
 * @returns false if the partition was empty
 * @throws CleanupPolicyNotRestored; Error if the brokers do not respond
 */
export async function deleteRecords(
  brokers: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  keep: (records: readonly KcatRecord[]) => void,
): Promise<boolean> {
  const records = await readPartition(brokers, topic, { partition, withinMs: WITHIN_MS });
  const last = records.at(-1);
  if (last === undefined) return false;
  keep(records);
  const policy = {
    read: () => withAdmin(brokers, (admin) => readCleanupPolicy(admin, topic)),
    write: (value: string) => withAdmin(brokers, (admin) => setCleanupPolicy(admin, topic, value)),
  };
  await runWhileDeletionIsAllowed(policy, () =>
    withAdmin(brokers, async (admin) => {
      // Load the metadata of the topic, without which kafkajs does not find the leader of the partition.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition, offset: String(last.offset + 1) }],
      });
    }),
  );
  return true;
}

async function withAdmin<T>(brokers: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'cutter', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Access to the cleanup policy of a topic. */
export interface CleanupPolicy {
  read(): Promise<string | undefined>;
  write(policy: string): Promise<void>;
}

/**
 * Runs `work` while the cleanup policy of a topic includes `delete`, because brokers refuse to delete records from a
 * topic that is only compacted. Afterwards restores the policy, and retries while the brokers fail. Restores the policy
 * even if the first change failed, because the broker may have applied it.
 * @throws CleanupPolicyNotRestored if the policy is not restored after `withinMs`; errors of `work`
 */
export async function runWhileDeletionIsAllowed(
  policy: CleanupPolicy,
  work: () => Promise<unknown>,
  { withinMs = RESTORED_WITHIN_MS, againMs = AGAIN_MS } = {},
): Promise<void> {
  const before = await policy.read();
  if (before !== 'compact') return void (await work());
  try {
    await policy.write('compact,delete');
    await work();
  } finally {
    await restore(() => policy.write(before), { withinMs, againMs });
  }
}

async function restore(
  write: () => Promise<void>,
  { withinMs, againMs }: { readonly withinMs: number; readonly againMs: number },
): Promise<void> {
  const began = performance.now();
  for (;;) {
    try {
      return await write();
    } catch (cause) {
      if (performance.now() - began >= withinMs)
        throw new CleanupPolicyNotRestored('the topic keeps the cleanup policy compact,delete', { cause });
    }
    await sleep(againMs);
  }
}
