/** The log that the settings name: Kafka, or the one in the embedded store. */
import {
  kafkaConnection,
  kafkaSettings,
  type LogKind,
  readLogKind,
  readStoreKind,
  type Store,
} from '@latchkey/backend';
import type { Bus, Groups, LogReader } from '@latchkey/bus';
import { createEmbeddedBus, createEmbeddedReader } from '@latchkey/bus/embedded';
import { createKafkaBus, createKafkaReader } from '@latchkey/bus/kafka';
import { type Environment, readConfig } from '@latchkey/process';
import type { Context } from './context.ts';
import { patiently } from './patience.ts';
import { withStore } from './stores.ts';

export interface Log {
  readonly kind: LogKind;
  /** The prefix of the names of groups; empty in the embedded log. */
  readonly groupPrefix: string;
  readonly bus: Bus & Groups;
  readonly reader: LogReader;
}

export function logKind(environment: Environment): LogKind {
  return readLogKind(environment, readStoreKind(environment));
}

/** Opens the log, also while servers use it, and closes it after the work. @throws ConfigError; as the log does */
export function withLog(context: Context, work: (log: Log) => Promise<void>): Promise<void> {
  return logKind(context.environment) === 'kafka'
    ? withKafka(context, work)
    : withStore(context, (store) => withEmbedded(store, work));
}

async function withEmbedded(store: Store, work: (log: Log) => Promise<void>): Promise<void> {
  if (store.kind !== 'sqlite') throw new Error(`LOG: a ${store.kind} store holds no log`);
  const { database } = store;
  const bus = createEmbeddedBus({ database });
  try {
    await work({ kind: 'embedded', groupPrefix: '', bus, reader: createEmbeddedReader(database) });
  } finally {
    await bus.close();
  }
}

/** @throws ConfigError; KafkaRefusedError */
async function withKafka(context: Context, work: (log: Log) => Promise<void>): Promise<void> {
  const config = readConfig(kafkaSettings, context.environment);
  const connection = {
    ...kafkaConnection(config),
    clientId: 'latchkey-ops',
    // Warnings are dropped: whatever matters in them is also in the errors.
    logger: { warn: () => undefined },
  };
  const bus = createKafkaBus({ ...connection, onFatal: (reason) => context.note(reason.message) });
  const reader = createKafkaReader(connection);
  try {
    await patiently(context, 'Kafka', reader.topics);
    await work({ kind: 'kafka', groupPrefix: config.GROUP_PREFIX, bus, reader });
  } finally {
    await bus.close();
  }
}
