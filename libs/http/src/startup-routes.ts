import { createUnavailableProblem } from './problem.ts';
import { publicAccessPolicy, type Route, route } from './route.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The routes of a process that is still starting. They respond to every request with 503. */
export const routesDuringStartup: readonly Route[] = METHODS.map((method) =>
  route({
    method,
    path: '/{*rest}',
    tag: 'starting',
    summary: 'The service is starting',
    hidden: true,
    quiet: true,
    policy: publicAccessPolicy,
    accepts: ['json', 'form', 'none'],
    answers: {},
    handle: async () => {
      throw createUnavailableProblem('Latchkey is starting.');
    },
  }),
);
