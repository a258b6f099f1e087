/** The whole system that the settings name: what it keeps its data in, its log, and what its topics are called. */
import { type Bus, type Groups, nameIn, withTopicNames } from '@latchkey/bus';
import { type ClusterBackend, serverSettings } from '@latchkey/cluster';
import { readConfig } from '@latchkey/process';
import type { EmbeddedBackend } from '@latchkey/user';
import { z } from 'zod';
import { type Log, withLog } from './backends.ts';
import type { Context } from './context.ts';
import { withStore } from './stores.ts';

export interface System {
  /** As services take it: topics are asked for by our names. */
  readonly backend: EmbeddedBackend | ClusterBackend;
  /** Likewise. */
  readonly bus: Bus & Groups;
  /** Topics are asked for by the names that they have. */
  readonly log: Log;
  /** What a topic of ours is called on the log. */
  nameOf(topic: string): string;
}

const settings = z.object({ TOPIC_NAMES: serverSettings.shape.TOPIC_NAMES });

/** Opens both, also while servers run, and closes them afterwards. @throws ConfigError; as stores and log do */
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
