/** Connects ops commands to the Kafka cluster of KAFKA_BROKERS. */
import { kafkaConnectionOf, kafkaSettings } from '@latchkey/backend';
import { topicNameOnLog } from '@latchkey/bus';
import {
  createKafkaBus,
  createKafkaLogReader,
  type KafkaBus,
  type TopicReplication,
} from '@latchkey/bus/kafka';
import { topics } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from './context.ts';

export { createKafkaLogReader };

/** Returns the connection to Kafka that the settings describe. @throws ConfigError */
export function createOpsKafkaConnection({ environment }: CommandContext) {
  return {
    ...kafkaConnectionOf(readConfig(kafkaSettings, environment)),
    clientId: 'latchkey-ops',
    // Drop warnings, because the error that is thrown afterwards contains everything important.
    logger: { warn: () => undefined },
  };
}

/**
 * Opens a bus, passes it to `work`, and closes it afterwards.
 * @param replication the replication of topics that are created or checked. Default: derived from the number
 * of brokers
 * @throws ConfigError, and the errors of `work`
 */
export async function withKafkaBus(
  context: CommandContext,
  work: (bus: KafkaBus) => Promise<void>,
  replication?: TopicReplication,
): Promise<void> {
  const { TOPIC_NAMES } = readConfig(kafkaSettings, context.environment);
  const bus = createKafkaBus({
    ...createOpsKafkaConnection(context),
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
