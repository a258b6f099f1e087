/**
 * Manages the Kafka broker for tests of whole systems. The broker must not be used for anything else, because our
 * topics and consumer groups have fixed names and are deleted.
 */
import { type Admin, Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { eventually } from './eventually.ts';

function isOurs(topic: string): boolean {
  return /^((accounts|mailings|deliveries|security)\.events|erasures\.receipts)\.v\d+(\.dlq\.[\w.]+)?$/.test(
    topic,
  );
}
/**
 * Whether a consumer group belongs to our services. Each generation of the read model has a consumer group of its own.
 */
function isOurGroup(group: string): boolean {
  return /^(user(\.v\d+)?|notifier|auth)$/.test(group);
}

/**
 * How long to wait until the broker has removed killed members from a consumer group, in ms. It usually takes
 * less time.
 */
const FORGOTTEN_MS = 120_000;

/**
 * Deletes the topics and consumer groups that an earlier run has left. The topics could contain real accounts, so they
 * are deleted only if KAFKA_TEST_RESET=true confirms that the broker is for tests.
 * @throws Error if our topics exist and KAFKA_TEST_RESET is not `true`
 */
export async function deleteTopicsAndGroupsIfAllowed(brokers: string, sasl?: SASLOptions): Promise<void> {
  const reset = process.env['KAFKA_TEST_RESET'] === 'true';
  const topics = await withAdmin(brokers, ourTopics, sasl);
  if (topics.length > 0 && !reset) {
    throw new Error(
      `the broker at KAFKA_BROKERS has ${topics.join(', ')} already: KAFKA_TEST_RESET=true if it is for tests alone and they may be deleted`,
    );
  }
  await deleteTopicsAndGroups(brokers, sasl);
}

/** Deletes our topics and consumer groups. */
export function deleteTopicsAndGroups(brokers: string, sasl?: SASLOptions): Promise<void> {
  async function clear(admin: Admin): Promise<void> {
    await eventually('the groups are empty and deleted', () => deleteGroups(admin), FORGOTTEN_MS);
    const topics = await ourTopics(admin);
    if (topics.length > 0) await admin.deleteTopics({ topics });
    await eventually('the topics are gone', async () => (await ourTopics(admin)).length === 0);
  }
  return withAdmin(brokers, clear, sasl);
}

async function ourTopics(admin: Admin): Promise<string[]> {
  return (await admin.listTopics()).filter(isOurs);
}

async function deleteGroups(admin: Admin): Promise<boolean> {
  const { groups } = await admin.listGroups();
  const ours = groups.map(({ groupId }) => groupId).filter(isOurGroup);
  if (ours.length === 0) return true;
  await admin.deleteGroups(ours).catch(() => undefined);
  return false;
}

async function withAdmin<T>(
  brokers: string,
  work: (admin: Admin) => Promise<T>,
  sasl?: SASLOptions,
): Promise<T> {
  const kafka = new Kafka({
    brokers: brokers.split(','),
    clientId: 'tests',
    logLevel: logLevel.NOTHING,
    ...(sasl && { sasl }),
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Creates a topic with a Kafka client that contains none of our code. */
export function createTopic(
  brokers: string,
  topic: string,
  { partitions }: { readonly partitions: number },
): Promise<void> {
  return withAdmin(brokers, async (admin) => {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  });
}
