/** Opens the store and the log that the settings select. */
import { type Store, topicNameSettings } from '@latchkey/backend';
import { type Bus, type ConsumerGroups, topicNameOnLog, withGroupNames, withTopicNames } from '@latchkey/bus';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from './context.ts';
import { type OpenedLog, withOpenedLog } from './log.ts';
import { withOpenedStore } from './stores.ts';

/** The store and the log that the settings select. */
export interface OpenedSystem {
  readonly store: Store;
  /** Publishes and subscribes. Its methods take Latchkey's own topic names. */
  readonly bus: Bus & ConsumerGroups;
  /** Reads the log directly. Its methods take the names that the topics have on the log. */
  readonly log: OpenedLog;
  /** Maps Latchkey's own name of a topic to the topic's name on the log. */
  nameOf(topic: string): string;
}

/**
 * Opens the store and the log, passes them to `work`, and closes them afterwards. Servers may use the store
 * and the log at the same time.
 * @throws ConfigError, and the errors of withOpenedStore and withOpenedLog
 */
export function withOpenedSystem(
  context: CommandContext,
  work: (system: OpenedSystem) => Promise<void>,
): Promise<void> {
  const { TOPIC_NAMES: names } = readConfig(topicNameSettings, context.environment);
  return withOpenedStore(context, (store) =>
    withOpenedLog(context, (log) => {
      const renamed = withTopicNames(log.bus, names);
      const bus =
        log.kind === 'embedded'
          ? renamed
          : withGroupNames(renamed, { prefix: log.groupPrefix, topics: names });
      return work({ store, bus, log, nameOf: (topic) => topicNameOnLog(names, topic) });
    }),
  );
}
