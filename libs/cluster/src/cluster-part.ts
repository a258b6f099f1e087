/** A service on its servers, from the first knock at its door to the last answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { listen, operationsRoutes, type Service, startingRoutes } from '@latchkey/http';
import type { Dependency, Logger, Part, ProcessConfig, ProcessEnd, Registry } from '@latchkey/process';
import type { ClusterBackend } from './backend.ts';
import { type Needs, openServers } from './servers.ts';
import type { ServerConfig } from './settings.ts';
import { waitForServers } from './wait-for-servers.ts';

/** How long a start that is under way may keep the process from ending. */
const START_ENDS_WITHIN_MS = 2000;

export interface ClusterPartDeps {
  readonly name: string;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly end: ProcessEnd;
  readonly needs: Needs;
  compose(backend: ClusterBackend): Service;
  isAllowedOrigin(origin: string): boolean;
  readonly corsHeaders: readonly string[];
}

/** Its `start` resolves as soon as it listens; what waits for the servers goes on behind it. */
export function clusterPart(
  config: { readonly process: ProcessConfig; readonly servers: ServerConfig },
  deps: ClusterPartDeps,
): Part {
  const { name, logger, registry, end, needs } = deps;
  const servers = openServers(config.servers, {
    clientId: `latchkey-${name}`,
    logger,
    onFatal: (reason) => end.fail(reason.message),
  });
  const stopping = new AbortController();
  let starting: Promise<void> | undefined;
  let serviceState: Dependency = { name, state: 'down', needed: true, detail: 'starting' };
  let service: Service | undefined;

  async function startHealth(): Promise<readonly Dependency[]> {
    return [...(await servers.health()), serviceState];
  }

  const door = listen({
    name: 'http',
    host: config.process.HOST,
    port: config.process.PORT,
    routes: startingRoutes({ registry, health: startHealth }),
    logger,
    registry,
    trustedProxies: config.process.TRUSTED_PROXIES,
    corsOrigins: deps.isAllowedOrigin,
    corsHeaders: deps.corsHeaders,
    undeclared: config.process.LATCHKEY_ENV === 'development' ? 'fail' : 'drop',
  });

  /** From a clean stop, as often as a server goes away meanwhile. */
  function startService(): Promise<Service> {
    return waitForServers(
      async () => {
        await servers.ready(needs);
        return startAnew(() => deps.compose(servers.backend), registry);
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
    door.serve([...service.routes, ...operationsRoutes({ registry, health: service.health })]);
    logger.info({ port: door.port() }, 'ready');
  }

  return {
    name,
    async start() {
      await door.start();
      logger.info({ port: door.port() }, 'listening');
      starting = begin().catch((error: unknown) => {
        if (!stopping.signal.aborted) end.failStart(error);
      });
    },
    async stop() {
      stopping.abort();
      await door.stop();
      if (service === undefined) {
        // What it waits for fails now, so its start comes to an end.
        await servers.close();
        await Promise.race([starting, pause(START_ENDS_WITHIN_MS, undefined, { ref: false })]);
      } else {
        await service.stop().finally(() => servers.close());
      }
    },
    health: () => service?.health() ?? startHealth(),
  };
}

/** A service that could not start is stopped and leaves no metrics behind, so that another can take its place. */
async function startAnew(compose: () => Service, registry: Registry): Promise<Service> {
  const before = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const service = compose();
  try {
    await service.start();
    return service;
  } catch (error) {
    // Why it could not start is what matters, not what went wrong while clearing up after it.
    await service.stop().catch(() => undefined);
    for (const { name } of registry.getMetricsAsArray()) {
      if (!before.has(name)) registry.removeSingleMetric(name);
    }
    throw error;
  }
}
