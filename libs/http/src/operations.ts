import type { DependencyHealth } from '@latchkey/process';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { publicAccessPolicy, type Route, route } from './route.ts';

const dependency = z.object({
  name: z.string(),
  service: z.string().optional(),
  state: z.enum(['ok', 'degraded', 'down']),
  needed: z.boolean(),
  detail: z.string().optional(),
});
const readiness = z.object({
  state: z.enum(['ok', 'degraded', 'down', 'starting']),
  dependencies: z.array(dependency),
});

interface OperationsOptions {
  readonly registry: Registry;
  health(): Promise<readonly DependencyHealth[]>;
}

/**
 * Returns `/livez`, `/readyz` and `/metrics`. These routes are on a separate port that clients cannot reach,
 * because counters reveal the outcome of individual requests.
 */
export function createOperationsRoutes({ registry, health }: OperationsOptions): readonly Route[] {
  return [liveness, readinessRoute(health), metricsRoute(registry)];
}

/**
 * Returns `/livez`, `/readyz` and `/metrics` for a process that is starting. Until the start is complete,
 * `/readyz` responds with 503, even if all dependencies are available.
 */
export function createOperationsRoutesDuringStartup({
  registry,
  health,
}: OperationsOptions): readonly Route[] {
  return [liveness, startingRoute(health), metricsRoute(registry)];
}

const operation = {
  method: 'GET',
  tag: 'operations',
  policy: publicAccessPolicy,
  hidden: true,
  quiet: true,
} as const;

const liveness = route({
  ...operation,
  path: '/livez',
  summary: 'Liveness: whether the event loop is running',
  answers: { 200: { description: 'The process is alive', schema: z.object({ state: z.literal('ok') }) } },
  handle: async () => ({ status: 200, body: { state: 'ok' } }),
});

const readinessQuestion = {
  ...operation,
  path: '/readyz',
  summary: 'Readiness, and the state of each dependency',
} as const;

function readinessRoute(health: () => Promise<readonly DependencyHealth[]>): Route {
  let everUsable = false;
  return route({
    ...readinessQuestion,
    description:
      '200 once every dependency has been available; after that, 503 only while a required one is down.',
    answers: {
      200: { description: 'Ready; `degraded` while an optional dependency is down', schema: readiness },
      503: { description: 'Not ready', schema: readiness },
    },
    handle: async ({ log }) => {
      const dependencies = await health().catch((error: unknown) => {
        log.error({ err: error }, 'the state of the dependencies could not be determined');
        return [UNKNOWN];
      });
      everUsable ||= dependencies.every(({ state }) => state !== 'down');
      const state = everUsable ? overall(dependencies) : 'starting';
      const status = state === 'ok' || state === 'degraded' ? 200 : 503;
      return { status, body: { state, dependencies } };
    },
  });
}

function startingRoute(health: () => Promise<readonly DependencyHealth[]>): Route {
  return route({
    ...readinessQuestion,
    answers: { 503: { description: 'Not ready', schema: readiness } },
    handle: async () => ({ status: 503, body: { state: 'starting', dependencies: await health() } }),
  });
}

const UNKNOWN: DependencyHealth = { name: 'health', state: 'down', needed: true, detail: 'unknown: see log' };

function overall(dependencies: readonly DependencyHealth[]): DependencyHealth['state'] {
  if (dependencies.some(({ needed, state }) => needed && state === 'down')) return 'down';
  return dependencies.some(({ state }) => state !== 'ok') ? 'degraded' : 'ok';
}

function metricsRoute(registry: Registry): Route {
  return route({
    ...operation,
    path: '/metrics',
    summary: 'Prometheus metrics',
    answers: { 200: { description: 'In the text format', media: ['text/plain'] } },
    handle: async () => ({
      status: 200,
      text: { type: registry.contentType, text: await registry.metrics() },
    }),
  });
}
