import type { TopicSpec } from '@latchkey/bus';
import type { Service } from '@latchkey/http';
import {
  configOrExit,
  createLogger,
  createRegistry,
  type Logger,
  processSettings,
  type Registry,
  readAll,
  readConfig,
  runProcess,
  withDotEnv,
} from '@latchkey/process';
import type { z } from 'zod';
import type { ClusterBackend } from './backend.ts';
import { clusterPart } from './cluster-part.ts';
import type { NeededIndexes } from './servers.ts';
import { serverSettings } from './settings.ts';

export interface ClusterServiceDeps {
  readonly backend: ClusterBackend;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** A service as its `main.ts` describes it. */
export interface ClusterService<Settings extends z.ZodObject> {
  readonly name: string;
  /** Where it listens unless PORT says otherwise. */
  readonly defaultPort: number;
  readonly settings: Settings;
  /** What must be there before it starts; `npm run ops -- topics` and `npm run ops -- indexes` make it. */
  readonly topics: readonly TopicSpec[];
  readonly indexes: NeededIndexes;
  /** Asked again where a server goes away while what it returned starts; that was stopped by then. */
  compose(config: z.infer<Settings>, deps: ClusterServiceDeps): Service;
  /** Whether pages of an origin may call it; none, where it is not given. */
  allowedOrigins?(config: z.infer<Settings>): (origin: string) => boolean;
}

/**
 * Runs a service as a process of its own. It listens at once, and tells at `/readyz` what it waits for: until
 * both servers are there, requests are answered with 503. Faults of its settings, all at once, and what no
 * waiting mends end it with one clear line and exit 1.
 */
export async function runService<Settings extends z.ZodObject>(
  service: ClusterService<Settings>,
): Promise<void> {
  const { own, ...config } = configOrExit(() => settingsOf(service));
  const logger = createLogger({ name: service.name, level: config.process.LOG_LEVEL });
  const registry = createRegistry();
  await runProcess(logger, async (end) =>
    clusterPart(config, {
      name: service.name,
      logger,
      registry,
      end,
      needs: service,
      compose: (backend) => service.compose(own, { backend, logger, registry }),
      isAllowedOrigin: service.allowedOrigins?.(own) ?? (() => false),
    }),
  );
}

function settingsOf<Settings extends z.ZodObject>({ settings, defaultPort }: ClusterService<Settings>) {
  const environment = withDotEnv(process.env, process.cwd());
  return readAll({
    process: () => readConfig(processSettings(defaultPort), environment),
    servers: () => readConfig(serverSettings, environment),
    own: () => readConfig(settings, environment),
  });
}
