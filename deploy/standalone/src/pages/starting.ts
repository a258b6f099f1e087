/** What is answered while the services start. */
import { anyone, type Route, route, unavailable } from '@latchkey/service';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const startingRoutes: readonly Route[] = METHODS.map((method) =>
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
