import type { Logger, Registry } from '@latchkey/process';
import type { ProblemOptions } from './answer-problem.ts';
import { createHttpServerPart, type HttpServerPart } from './listen.ts';
import type { Route } from './route.ts';

/** Creates a process part that serves the operations routes, on a port that clients cannot reach. */
export function createOperationsServerPart(
  config: { readonly OPERATIONS_HOST: string; readonly OPERATIONS_PORT: number },
  deps: ProblemOptions & {
    readonly logger: Logger;
    readonly registry: Registry;
    readonly routes: readonly Route[];
  },
): HttpServerPart {
  return createHttpServerPart({
    ...deps,
    name: 'operations',
    host: config.OPERATIONS_HOST,
    port: config.OPERATIONS_PORT,
    settings: { host: 'OPERATIONS_HOST', port: 'OPERATIONS_PORT' },
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
  });
}
