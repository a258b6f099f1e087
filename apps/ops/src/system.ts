/** Opens the whole system that the settings describe: its store, its log, and the names of its topics. */
import { type Store, topicNameSettings } from '@latchkey/backend';
import { type Bus, type ConsumerGroups, topicNameOnLog, withGroupNames, withTopicNames } from '@latchkey/bus';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from './context.ts';
import { type OpenedLog, withLog } from './log.ts';
import { withStore } from './stores.ts';

/** The stores and the log that the settings name. */
export interface System {
  readonly store: Store;
  /** The bus. Its methods take Latchkey's own topic names. */
  readonly bus: Bus & ConsumerGroups;
  /** The log. Its methods take the names that the topics have on the log. */
  readonly log: OpenedLog;
  /** Returns the name on the log of a topic that is given by Latchkey's own name. */
  nameOf(topic: string): string;
}

/**
 * Opens store and log, even while servers use them, and closes them after the work.
 * @throws ConfigError; the errors of withStore and withLog
 */
export function withSystem(context: CommandContext, work: (system: System) => Promise<void>): Promise<void> {
  const { TOPIC_NAMES: names } = readConfig(topicNameSettings, context.environment);
  return withStore(context, (store) =>
    withLog(context, (log) => {
      const renamed = withTopicNames(log.bus, names);
      const bus =
        log.kind === 'embedded'
          ? renamed
          : withGroupNames(renamed, { prefix: log.groupPrefix, topics: names });
      return work({ store, bus, log, nameOf: (topic) => topicNameOnLog(names, topic) });
    }),
  );
}
