import { kafkaSettings, readServerStoreConfig, type ServiceBackend } from '@latchkey/backend';
import type { TopicSpec } from '@latchkey/bus';
import type { Service } from '@latchkey/http';
import {
  createLogger,
  createMetricsRegistry,
  createServiceProcessSettingsSchema,
  type ExitCode,
  formatSettingsWithoutSecrets,
  type Logger,
  type Registry,
  readAllSettings,
  readConfig,
  readSettingsOrReport,
  runProcess,
  withDotEnv,
} from '@latchkey/process';
import type { z } from 'zod';
import { createClusterServicePart } from './cluster-part.ts';
import type { ServiceRequirements } from './servers.ts';

export interface ClusterServiceDeps {
  readonly backend: ServiceBackend;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The settings of this process by name; secret values are left out. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * What the `main.ts` of a service declares about it. The service's topics and indexes must exist before it
 * starts: `npm run ops -- topics` and `npm run ops -- indexes` create them.
 */
export interface ClusterService<Settings extends z.ZodObject> extends Pick<ServiceRequirements, 'storage'> {
  readonly name: string;
  /** Returns the topics that the service requires. */
  topics(config: z.infer<Settings>): readonly TopicSpec[];
  /**
   * The default of PORT. The default of OPERATIONS_PORT is higher by 1000. If the default of PORT is 0, the
   * operating system chooses free ports for both settings.
   */
  readonly defaultPort: number;
  readonly settings: Settings;
  /**
   * Creates the service. If a server becomes unreachable during the start, the service is stopped, and
   * `compose` is called again.
   */
  compose(config: z.infer<Settings>, deps: ClusterServiceDeps): Service;
  /**
   * Returns a function that says whether web pages of a given origin may call the service. Default: no origin
   * may.
   */
  allowedOrigins?(config: z.infer<Settings>): (origin: string) => boolean;
  /** Names of the service's own headers that pages of other origins may send and read (CORS). */
  readonly corsHeaders?: readonly string[];
}

/**
 * Runs a service as a separate process. The service listens immediately. Until Kafka and the store are
 * available, the service responds with 503, and `/readyz` says what the service waits for. If settings are
 * invalid, all invalid settings are reported together. A failure that waiting cannot solve is logged in one
 * line. The settings are logged at startup, without secrets.
 * @returns the exit code, once the process should exit
 */
export async function runClusterService<Settings extends z.ZodObject>(
  service: ClusterService<Settings>,
): Promise<ExitCode> {
  const settings = readSettingsOrReport(() => settingsOf(service));
  if (settings === undefined) return 1;
  const { own, shown, ...config } = settings;
  const logger = createLogger({ name: service.name, level: config.process.LOG_LEVEL });
  const registry = createMetricsRegistry();
  // The settings are logged as a list of strings, because the logger redacts fields with certain names, and
  // some settings have such names.
  const lines = Object.entries(shown).map(([name, value]) => `${name}=${value}`);
  logger.info({ settings: lines }, 'settings');
  return runProcess(
    logger,
    async (end) =>
      createClusterServicePart(config, {
        name: service.name,
        logger,
        registry,
        end,
        needs: { topics: service.topics(own), storage: service.storage },
        compose: (backend) => service.compose(own, { backend, logger, registry, settings: shown }),
        isAllowedOrigin: service.allowedOrigins?.(own) ?? (() => false),
        corsHeaders: service.corsHeaders ?? [],
      }),
    { graceMs: 10_000 + config.process.SHUTDOWN_DELAY_SECONDS * 1000 },
  );
}

function settingsOf<Settings extends z.ZodObject>(service: ClusterService<Settings>) {
  const environment = withDotEnv(process.env, process.cwd());
  const ofProcess = createServiceProcessSettingsSchema(service.defaultPort);
  const settings = readAllSettings({
    process: () => readConfig(ofProcess, environment),
    kafka: () => readConfig(kafkaSettings, environment),
    store: () => readServerStoreConfig(environment),
    own: () => readConfig(service.settings, environment),
  });
  const shown = {
    ...formatSettingsWithoutSecrets(ofProcess, settings.process),
    ...formatSettingsWithoutSecrets(kafkaSettings, settings.kafka),
    STORE: settings.store.kind,
    ...formatSettingsWithoutSecrets(service.settings, settings.own),
  };
  return { ...settings, shown };
}
