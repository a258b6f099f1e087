import type { TopicSpec } from '@latchkey/bus';
import type { Index } from '@latchkey/mongo';
import type { Dependency, Logger } from '@latchkey/service';
import type { ClusterBackend } from './backend.ts';
import type { ServerConfig } from './settings.ts';

export interface Servers {
  readonly backend: ClusterBackend;
  /**
   * Resolves once both servers were reached and hold what is needed, however long they take to come.
   * @throws Error of one line where something is wrong that waiting does not mend: credentials, a missing
   * topic, other settings of one, a missing index
   */
  ready(needs: { readonly topics: readonly TopicSpec[]; readonly indexes: readonly Index[] }): Promise<void>;
  /** Of `kafka` and `mongodb`: what is waited for. */
  health(): Promise<readonly Dependency[]>;
  close(): Promise<void>;
}

/** Opens both and returns at once. `onFatal`: records can no longer be read; the process should end. */
export declare function openServers(
  config: ServerConfig,
  deps: { readonly clientId: string; readonly logger: Logger; onFatal(reason: Error): void },
): Servers;
