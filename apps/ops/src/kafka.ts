/** Connects ops commands to the Kafka cluster of KAFKA_BROKERS. */
import { kafkaConnectionOf, kafkaSettings } from '@latchkey/backend';
import { topicNameOnLog } from '@latchkey/bus';
import { createKafkaBus, createKafkaReader, type KafkaBus, type Replication } from '@latchkey/bus/kafka';
import { topics } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from './context.ts';

export { createKafkaReader };

/** Returns the connection to Kafka that the settings describe. @throws ConfigError */
export function opsKafkaConnection({ environment }: CommandContext) {
  return {
    ...kafkaConnectionOf(readConfig(kafkaSettings, environment)),
    clientId: 'latchkey-ops',
    // Warnings are dropped, because everything important in them is also in the errors.
    logger: { warn: () => undefined },
  };
}

/**
 * Opens a bus, and closes it after the work.
 * @param replication the replication of topics that are created or checked. Default: derived from the number of brokers
 * @throws ConfigError; the errors of the work
 */
export async function withKafkaBus(
  context: CommandContext,
  work: (bus: KafkaBus) => Promise<void>,
  replication?: Replication,
): Promise<void> {
  const { TOPIC_NAMES } = readConfig(kafkaSettings, context.environment);
  const bus = createKafkaBus({
    ...opsKafkaConnection(context),
    topics: topics.map(({ name, partitions }) => ({ name: topicNameOnLog(TOPIC_NAMES, name), partitions })),
    onFatal: (reason) => context.note(reason.message),
    ...(replication && { replication }),
  });
  try {
    await work(bus);
  } finally {
    await bus.close();
  }
}
