/** The log: Kafka where MONGO_URL is set, else what the data folder holds. */
import type { Bus, Groups, LogReader } from '@latchkey/bus';
import { createEmbeddedBus, createEmbeddedReader } from '@latchkey/bus/embedded';
import { createKafkaBus, createKafkaReader } from '@latchkey/bus/kafka';
import { kafkaConnection, serverSettings } from '@latchkey/cluster';
import { readConfig } from '@latchkey/process';
import type { Database } from '@latchkey/sqlite';
import type { Context } from './context.ts';
import { patiently } from './patience.ts';
import { hasMongo, withFolder } from './stores.ts';

export interface Log {
  readonly bus: Bus & Groups;
  readonly reader: LogReader;
}

/** Hands over the log, also while servers run, and closes it afterwards. */
export function withLog(context: Context, work: (log: Log) => Promise<void>): Promise<void> {
  return hasMongo(context.environment)
    ? withKafka(context, work)
    : withFolder(context, 'shared', (database) => withEmbedded(database, work));
}

async function withEmbedded(database: Database, work: (log: Log) => Promise<void>): Promise<void> {
  const bus = createEmbeddedBus({ database });
  try {
    await work({ bus, reader: createEmbeddedReader(database) });
  } finally {
    await bus.close();
  }
}

/** Once it has been reached. @throws ConfigError; KafkaRefusedError */
async function withKafka(context: Context, work: (log: Log) => Promise<void>): Promise<void> {
  const connection = {
    ...kafkaConnection(readConfig(serverSettings, context.environment)),
    clientId: 'latchkey-ops',
    // What matters of its complaints is in the errors.
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
