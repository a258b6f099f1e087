import type { Dependency } from '@latchkey/process';
import type { Registry } from 'prom-client';
import { liveness, metricsRoute, startingRoute } from './operations.ts';
import { unavailable } from './problem.ts';
import { anyone, type Route, route } from './route.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const notYet: readonly Route[] = METHODS.map((method) =>
  route({
    method,
    path: '/{*rest}',
    tag: 'starting',
    summary: 'Not yet',
    hidden: true,
    quiet: true,
    policy: anyone,
    accepts: ['json', 'form', 'none'],
    answers: {},
    handle: async () => {
      throw unavailable('Latchkey is starting.');
    },
  }),
);

/** Returns the routes of a process that is starting: operations routes, and 503 for everything else. */
export function startingRoutes(options: {
  readonly registry: Registry;
  health(): Promise<readonly Dependency[]>;
}): readonly Route[] {
  return [liveness, startingRoute(options.health), metricsRoute(options.registry), ...notYet];
}
