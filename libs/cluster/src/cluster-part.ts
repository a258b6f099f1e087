import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceBackend } from '@latchkey/backend';
import {
  createHttpServerPart,
  createOperationsRoutes,
  createOperationsRoutesDuringStartup,
  createOperationsServerPart,
  type HttpServerPart,
  routesDuringStartup,
  type Service,
} from '@latchkey/http';
import type {
  DependencyHealth,
  Logger,
  ProcessPart,
  ProcessTermination,
  Registry,
  ServiceProcessConfig,
} from '@latchkey/process';
import { PROBLEM_TYPE_PREFIX } from '@latchkey/tokens';
import { connectToServers, type ServerConnectionsConfig, type ServiceRequirements } from './servers.ts';
import { waitForServers } from './wait-for-servers.ts';

/** How long `stop` waits for the end of a start that is in progress, in ms. */
const START_ENDS_WITHIN_MS = 2000;

const STOPPING: DependencyHealth = { name: 'process', state: 'down', needed: true, detail: 'stopping' };

export interface ClusterServicePartDeps {
  readonly name: string;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly end: ProcessTermination;
  readonly needs: ServiceRequirements;
  compose(backend: ServiceBackend): Service;
  isAllowedOrigin(origin: string): boolean;
  readonly corsHeaders: readonly string[];
}

/**
 * Returns a process part that runs a service. `start` resolves once the port is open. The part then waits in
 * the background for Kafka and the store, and starts the service. When `stop` is called, the part reports
 * `down` for SHUTDOWN_DELAY_SECONDS while the service still responds, and then stops the service.
 */
export function createClusterServicePart(
  config: ServerConnectionsConfig & { readonly process: ServiceProcessConfig },
  deps: ClusterServicePartDeps,
): ProcessPart {
  const { name, logger, registry, end, needs } = deps;
  const servers = connectToServers(config, {
    clientId: `latchkey-${name}`,
    logger,
    registry,
    onFatal: (reason) => end.fail(reason.message),
  });
  const stopping = new AbortController();
  let starting: Promise<void> | undefined;
  let serviceState: DependencyHealth = { name, state: 'down', needed: true, detail: 'starting' };
  let service: Service | undefined;

  async function startHealth(): Promise<readonly DependencyHealth[]> {
    return [...(await servers.health()), serviceState];
  }

  const door = publicListener(config.process, deps);
  const operations = createOperationsServerPart(config.process, {
    logger,
    registry,
    routes: createOperationsRoutesDuringStartup({ registry, health: startHealth }),
    problemTypes: PROBLEM_TYPE_PREFIX,
  });

  /** Starts the service. Repeats the whole start as long as Kafka or the store is unavailable. */
  function startService(): Promise<Service> {
    return waitForServers(
      async () => {
        await servers.ready(needs);
        return composeAndStart(() => deps.compose(servers.backend), registry);
      },
      {
        name: `the start of ${name}`,
        logger,
        signal: stopping.signal,
        onWaiting: (detail = 'started') => {
          serviceState = { ...serviceState, detail };
        },
      },
    );
  }

  async function begin(): Promise<void> {
    service = await startService();
    if (stopping.signal.aborted) return;
    door.serve(service.routes);
    operations.serve(createOperationsRoutes({ registry, health }));
    logger.info('ready');
  }

  async function health(): Promise<readonly DependencyHealth[]> {
    if (service === undefined) return startHealth();
    return [
      ...(await service.health()),
      ...servers.watched(),
      ...(stopping.signal.aborted ? [STOPPING] : []),
    ];
  }

  async function stopService(): Promise<void> {
    if (service !== undefined) return service.stop().finally(() => servers.close());
    // If the service is still starting, the start may be waiting for a server. Close the connections, so
    // that this wait fails.
    await servers.close();
    await Promise.race([starting, pause(START_ENDS_WITHIN_MS, undefined, { ref: false })]);
  }

  return {
    name,
    async start() {
      await operations.start();
      await door.start();
      const { LATCHKEY_ENV: mode } = config.process;
      logger.info({ mode, port: door.port(), operationsPort: operations.port() }, 'listening');
      starting = begin().catch((error: unknown) => {
        if (!stopping.signal.aborted) end.failStart(error);
      });
    },
    async stop() {
      stopping.abort();
      if (service !== undefined) await pause(config.process.SHUTDOWN_DELAY_SECONDS * 1000);
      await door.stop();
      await stopService().finally(() => operations.stop());
    },
    health,
  };
}

function publicListener(process: ServiceProcessConfig, deps: ClusterServicePartDeps): HttpServerPart {
  const { logger, registry } = deps;
  const isProduction = process.LATCHKEY_ENV === 'production';
  return createHttpServerPart({
    name: 'http',
    host: process.HOST,
    port: process.PORT,
    routes: routesDuringStartup,
    logger,
    registry,
    trustedProxies: process.TRUSTED_PROXIES,
    corsOrigins: deps.isAllowedOrigin,
    corsHeaders: deps.corsHeaders,
    problemTypes: PROBLEM_TYPE_PREFIX,
    undeclared: isProduction ? 'drop' : 'fail',
    https: isProduction,
  });
}

/**
 * Composes and starts a service. If the start fails, removes the service's metrics, so that the service can
 * be composed again.
 */
async function composeAndStart(compose: () => Service, registry: Registry): Promise<Service> {
  const before = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const service = compose();
  try {
    await service.start();
    return service;
  } catch (error) {
    // Ignore errors of the cleanup, because the error that made the start fail is more important.
    await service.stop().catch(() => undefined);
    for (const { name } of registry.getMetricsAsArray()) {
      if (!before.has(name)) registry.removeSingleMetric(name);
    }
    throw error;
  }
}
