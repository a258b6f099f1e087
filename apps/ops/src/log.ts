/** Opens the log that the settings select: Kafka or the embedded log. */
import {
  type EmbeddedLog,
  kafkaSettings,
  type LogKind,
  openEmbeddedLog,
  readLogKind,
  readStoreKind,
  type Store,
} from '@latchkey/backend';
import type { Bus, ConsumerGroups, LogReader } from '@latchkey/bus';
import { type Environment, readConfig } from '@latchkey/process';
import type { CommandContext } from './context.ts';
import { retryUntilReachable } from './patience.ts';
import { withOpenedStore } from './stores.ts';

export interface OpenedLog {
  readonly kind: LogKind;
  /** The prefix of consumer group names. Empty for the embedded log. */
  readonly groupPrefix: string;
  readonly bus: Bus & ConsumerGroups;
  readonly reader: LogReader;
}

export function getSelectedLogKind(environment: Environment): LogKind {
  return readLogKind(environment, readStoreKind(environment));
}

/**
 * Opens the log that the settings select, passes it to `work`, and closes it afterwards. Servers may use the
 * log at the same time.
 * @throws ConfigError, and the errors of the log
 */
export function withOpenedLog(
  context: CommandContext,
  work: (log: OpenedLog) => Promise<void>,
): Promise<void> {
  return getSelectedLogKind(context.environment) === 'kafka'
    ? withKafka(context, work)
    : withOpenedStore(context, (store) =>
        withEmbeddedLog(store, (log) => work({ kind: 'embedded', groupPrefix: '', ...log })),
      );
}

/**
 * Opens the embedded log in a store, passes it to `work`, and closes it afterwards.
 * @throws Error with a one-line message if the store contains no log
 */
export async function withEmbeddedLog(
  store: Store,
  work: (log: EmbeddedLog) => Promise<void>,
): Promise<void> {
  const log = openEmbeddedLog(store);
  if (log === undefined) throw new Error(`LOG: a ${store.kind} store holds no log`);
  try {
    await work(log);
  } finally {
    await log.bus.close();
  }
}

/**
 * Connects to Kafka, passes the log to `work`, and disconnects afterwards.
 * @throws ConfigError, KafkaRefusedError
 */
async function withKafka(context: CommandContext, work: (log: OpenedLog) => Promise<void>): Promise<void> {
  const { GROUP_PREFIX: groupPrefix } = readConfig(kafkaSettings, context.environment);
  // Imported lazily, so that commands on the embedded log do not load kafkajs.
  const { createOpsKafkaConnection, createKafkaLogReader, withKafkaBus } = await import('./kafka.ts');
  const reader = createKafkaLogReader(createOpsKafkaConnection(context));
  await withKafkaBus(context, async (bus) => {
    await retryUntilReachable(context, 'Kafka', reader.topics);
    await work({ kind: 'kafka', groupPrefix, bus, reader });
  });
}
