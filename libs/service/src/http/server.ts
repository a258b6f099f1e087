/** Routes as a koa application, and an application as a part that listens. */
import type { Server } from 'node:http';
import type { Registry } from 'prom-client';
import type { Dependency, Part } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import type { Route } from './route.ts';

export interface HttpOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  /** CIDR blocks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Origins that browsers may call from; a function for "any localhost port". */
  readonly corsOrigins: readonly string[] | ((origin: string) => boolean);
  /** Undeclared fields in an answer: `fail` (tests, development) or `drop` (production). */
  readonly undeclared: 'fail' | 'drop';
}

/** A handler for `node:http`: the routes, and 404, 405, 413, 415, 400 and 500 as problem details. */
export declare function createHandler(
  routes: readonly Route[],
  options: HttpOptions,
): (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void;

export interface ListenOptions extends HttpOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly routes: readonly Route[];
}

export interface ListeningPart extends Part {
  /** The port in use, once started. */
  port(): number;
  server(): Server | undefined;
}

/**
 * Starts to listen on `start` (a taken port: one clear Error naming it); `stop` takes no new connections,
 * finishes the requests in hand and closes idle connections.
 */
export declare function listen(options: ListenOptions): ListeningPart;

/** `/livez`, `/readyz` and `/metrics`; not to be reachable from outside. */
export declare function operationsRoutes(options: {
  readonly registry: Registry;
  health(): Promise<readonly Dependency[]>;
}): readonly Route[];
