import type { Bus, Groups, LogReader } from '@latchkey/bus';
import { createEmbeddedBus, createEmbeddedReader } from '@latchkey/bus/embedded';
import { createKafkaBus, createKafkaReader } from '@latchkey/bus/kafka';
import { kafkaConnection, kafkaSettings } from '@latchkey/cluster';
import { readConfig } from '@latchkey/process';
import type { Database } from '@latchkey/sqlite';
import type { Context } from './context.ts';
import { patiently } from './patience.ts';
import { hasMongo, withFolder } from './stores.ts';

/** The log, with topics by the names that they have on it. */
export interface OpenLog {
  readonly bus: Bus & Groups;
  readonly reader: LogReader;
}

/** Opens the log (Kafka if MONGO_URL is set, otherwise the data folder's), and closes it after the work. */
export function withLog(context: Context, work: (log: OpenLog) => Promise<void>): Promise<void> {
  return hasMongo(context.environment)
    ? withKafka(context, work)
    : withFolder(context, 'shared', (database) => withEmbedded(database, work));
}

async function withEmbedded(database: Database, work: (log: OpenLog) => Promise<void>): Promise<void> {
  const bus = createEmbeddedBus({ database });
  try {
    await work({ bus, reader: createEmbeddedReader(database) });
  } finally {
    await bus.close();
  }
}

/** @throws ConfigError; KafkaRefusedError */
async function withKafka(context: Context, work: (log: OpenLog) => Promise<void>): Promise<void> {
  const connection = {
    ...kafkaConnection(readConfig(kafkaSettings, context.environment)),
    clientId: 'latchkey-ops',
    // What matters of its warnings is in the errors.
    logger: { warn: () => undefined },
  };
  const bus = createKafkaBus({ ...connection, onFatal: (reason) => context.note(reason.message) });
  const reader = createKafkaReader(connection);
  try {
    await patiently(context, 'Kafka', reader.topics);
    await work({ bus, reader });
  } finally {
    await bus.close();
  }
}
