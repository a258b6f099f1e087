import { type Bus, type Groups, nameIn, withTopicNames } from '@latchkey/bus';
import { type ClusterBackend, kafkaSettings } from '@latchkey/cluster';
import { readConfig } from '@latchkey/process';
import type { EmbeddedBackend } from '@latchkey/user';
import { z } from 'zod';
import { type OpenLog, withLog } from './backends.ts';
import type { Context } from './context.ts';
import { withStore } from './stores.ts';

/** The stores and the log that the settings name. */
export interface System {
  /** As services take it, with our own names of the topics. */
  readonly backend: EmbeddedBackend | ClusterBackend;
  /** With our own names of the topics. */
  readonly bus: Bus & Groups;
  /** With the names that the topics have on the log. */
  readonly log: OpenLog;
  /** Returns the name of a topic on the log. */
  nameOf(topic: string): string;
}

const settings = z.object({ TOPIC_NAMES: kafkaSettings.shape.TOPIC_NAMES });

/** Opens the system, which may be running, and closes it after the work. @throws ConfigError; errors of stores and log */
export function withSystem(context: Context, work: (system: System) => Promise<void>): Promise<void> {
  const { TOPIC_NAMES: names } = readConfig(settings, context.environment);
  return withStore(context, (store) =>
    withLog(context, (log) => {
      const bus = withTopicNames(log.bus, names);
      const backend =
        'connection' in store
          ? { kind: 'cluster' as const, ...store, bus }
          : { kind: 'embedded' as const, ...store, bus };
      return work({ backend, bus, log, nameOf: (topic) => nameIn(names, topic) });
    }),
  );
}
