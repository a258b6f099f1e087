import { randomUUID } from 'node:crypto';
import type { BusUnderTest } from '../../bus.contract.ts';
import type { Bus, ConsumerGroups } from '../../bus.ts';
import { withKafkaAdmin } from '../admin.ts';
import { createKafkaBus, type KafkaBusDeps } from '../bus.kafka.ts';
import { createKafkaClients } from '../clients.ts';
import type { KafkaConnection } from '../connection.ts';

/**
 * The broker on which tests run, as named by KAFKA_BROKERS. Without this setting, importing this module
 * throws, because a skipped test would look like a passed test.
 */
export const kafkaConnectionForTests: KafkaConnection = {
  brokers: requireSetting('KAFKA_BROKERS').split(','),
  clientId: `test-${randomUUID()}`,
  patchKafkajs: true,
};

function requireSetting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: this test needs a Kafka broker (host:port).`);
  return value;
}

export const silentLogger = { warn: () => undefined };

/**
 * Long timeouts for tests on a busy machine. A member keeps its partitions even if its process is blocked for
 * a while, and `close` waits long enough for a member to leave its group.
 */
export const longTestTimeouts = { sessionTimeoutMs: 30_000, leaveWithinMs: 60_000 };

/**
 * Opens a bus on the broker of KAFKA_BROKERS. When the bus is closed, its topics and groups are deleted.
 * @param overrides dependencies that replace the usual dependencies of a test bus
 */
export async function openKafkaTestBus(overrides: Partial<KafkaBusDeps> = {}): Promise<BusUnderTest> {
  const made = { topics: new Set<string>(), groups: new Set<string>() };
  function open(): Bus & ConsumerGroups {
    const bus = createKafkaBus({
      ...kafkaConnectionForTests,
      logger: silentLogger,
      onFatal: (reason) => {
        throw reason;
      },
      ...overrides,
      times: { ...longTestTimeouts, ...overrides.times },
    });
    return {
      ...bus,
      async ensureTopics(specs) {
        for (const { name } of specs) made.topics.add(name);
        await bus.ensureTopics(specs);
      },
      async subscribe(options) {
        made.groups.add(options.group);
        return bus.subscribe(options);
      },
    };
  }
  let current = open();
  return {
    bus: current,
    async reopen() {
      await current.close();
      current = open();
      return current;
    },
    async close() {
      await current.close();
      await deleteTestTopics(made);
    },
  };
}

export async function deleteTestTopics(made: {
  readonly topics: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}): Promise<void> {
  await withKafkaAdmin(createKafkaClients(kafkaConnectionForTests, silentLogger).prompt, async (admin) => {
    const topics = (await admin.listTopics()).filter((name) =>
      [...made.topics].some((own) => name.startsWith(own)),
    );
    if (topics.length > 0) await admin.deleteTopics({ topics });
    const { groups } = await admin.listGroups();
    const own = groups.map(({ groupId }) => groupId).filter((group) => made.groups.has(group));
    if (own.length > 0) await admin.deleteGroups(own);
  });
}
