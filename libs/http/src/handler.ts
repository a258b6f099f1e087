import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import type { Logger } from '@latchkey/process';
import Koa from 'koa';
import type { Registry } from 'prom-client';
import { createProblemMiddleware, type ProblemOptions } from './answer-problem.ts';
import { createClientAddressReader } from './client-address.ts';
import { type CorsOptions, createCorsMiddleware } from './cors.ts';
import type { HttpExchange, HttpExchangeState, Middleware, NextMiddleware } from './exchange.ts';
import { createValidationProblem } from './field-errors.ts';
import { createRequestObserver } from './observe.ts';
import { createPageLookUp, removeSurplusSlashes } from './page-paths.ts';
import { Problem, standardProblems } from './problem.ts';
import { determineBodyKind, readBody } from './read-body.ts';
import { createInputReader } from './read-input.ts';
import { createRequestContext } from './request-context.ts';
import type { BodyKind, Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import { createResponseWriter } from './write-answer.ts';

export interface HttpOptions extends CorsOptions, ProblemOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  /** IP addresses and CIDR blocks whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[];
  /**
   * How to treat undeclared fields in a response. `fail`: for tests and development. `drop`: for production.
   */
  readonly undeclared: 'fail' | 'drop';
  /**
   * Whether all clients use HTTPS. If so, every response has the header `Strict-Transport-Security`. Default:
   * false.
   */
  readonly https?: boolean;
}

/**
 * Creates a request handler for `node:http` that serves routes. The handler itself responds with 400, 404,
 * 405, 413, 415 and 500, as problem details.
 */
export function createHandler(
  routes: readonly Route[],
  options: HttpOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = new Koa<HttpExchangeState>();
  // Log koa's errors only at level debug: koa emits an error only if the client disconnects while koa writes
  // the response.
  app.on('error', (error: unknown) => options.logger.debug({ err: error }, 'response not delivered'));
  app.use(identify(options));
  app.use(createRequestObserver(options.registry));
  app.use(secure(options.https ?? false));
  app.use(createCorsMiddleware(options));
  app.use(createProblemMiddleware(options, createPageLookUp(routes)));
  app.use(requireWellFormed);
  app.use(tolerateSlashes(routes));
  app.use(routerOf(routes, options).routes());
  app.use(refuseUnrouted);
  return app.callback();
}

function identify({ logger, trustedProxies }: HttpOptions): Middleware {
  const addressOf = createClientAddressReader(trustedProxies);
  return async (exchange, next) => {
    exchange.state.request = createRequestContext(exchange, { path: pathOf(exchange), logger, addressOf });
    exchange.set('X-Request-Id', exchange.state.request.requestId);
    await next();
  };
}

/**
 * Returns the path of a request; an empty string if the request target is not a URL, such as
 * `http://[::bad/`.
 */
function pathOf(exchange: HttpExchange): string {
  try {
    return exchange.path;
  } catch {
    return '';
  }
}

/** Sets the security headers of all responses. Pages override some of these headers. */
function secure(https: boolean): Middleware {
  const headers = { ...securityHeaders.every, ...(https ? securityHeaders.https : {}) };
  return async (exchange, next) => {
    exchange.set(headers);
    await next();
  };
}

async function requireWellFormed(exchange: HttpExchange, next: NextMiddleware): Promise<void> {
  if (exchange.req.httpVersion === '1.1' && exchange.req.headers.host === undefined) {
    throw createValidationProblem([{ pointer: '#/header/Host', code: 'required', message: 'is required' }]);
  }
  if (!isWellFormed(exchange.state.request.path)) {
    throw createValidationProblem([
      { pointer: '#/path', code: 'malformed', message: 'is not an address in percent-encoded UTF-8' },
    ]);
  }
  await next();
}

function isWellFormed(path: string): boolean {
  try {
    return path !== '' && !decodeURIComponent(path).includes('\0');
  } catch {
    return false;
  }
}

/**
 * Creates middleware that removes surplus slashes from the path of a page, because people who type links, and
 * programs that build them, often add such slashes. Other paths are unchanged, because a proxy may restrict
 * access by the exact path.
 */
function tolerateSlashes(routes: readonly Route[]): Middleware {
  const pages = new Router({ sensitive: true, strict: true });
  for (const { path, method, problemPage } of routes)
    if (problemPage !== undefined) pages.register(path, [method], () => undefined);
  return async (exchange, next) => {
    const plain = removeSurplusSlashes(exchange.path);
    if (plain !== exchange.path && pages.match(plain, exchange.method).path.length > 0) exchange.path = plain;
    await next();
  };
}

function routerOf(routes: readonly Route[], options: HttpOptions): Router<HttpExchangeState> {
  const router = new Router<HttpExchangeState>({ sensitive: true, strict: true });
  for (const route of routes) router.register(route.path, [route.method], serve(route, options));
  rememberMatches(router, routes);
  return router;
}

/**
 * Makes the router cache which routes match a path. Without this cache, the router tests the patterns of all
 * routes for each request. Only paths without parameters are cached, because the number of paths with
 * parameters is unlimited. The number of methods is limited by Node's HTTP parser.
 */
function rememberMatches(router: Router<HttpExchangeState>, routes: readonly Route[]): void {
  const match = router.match.bind(router);
  const constantPaths = new Set(routes.map(({ path }) => path).filter((path) => /^[\w/.-]+$/.test(path)));
  const known = new Map<string, ReturnType<typeof match>>();
  router.match = (path, method) => {
    if (!constantPaths.has(path)) return match(path, method);
    const key = `${method} ${path}`;
    const matches = known.get(key) ?? match(path, method);
    known.set(key, matches);
    return matches;
  };
}

/**
 * Serves a route in these steps: reads the request, authorises the caller, validates the input, calls the
 * handler, writes the response. Each step may throw a Problem.
 */
function serve(route: Route, options: HttpOptions): Middleware {
  const accepts: readonly BodyKind[] = route.accepts ?? (route.body === undefined ? ['none'] : ['json']);
  const readInput = createInputReader(route);
  const writeAnswer = createResponseWriter(route, options.undeclared);

  return async (exchange) => {
    const { state, req } = exchange;
    state.route = route;
    const body = await readBody(req);
    const sentAs = determineBodyKind(req, body, accepts);
    state.sentAs = sentAs;
    async function respond(): Promise<void> {
      // Authorise the caller before validating the input, so that an unauthorised caller learns nothing about
      // the expected input.
      const caller = await route.policy.authorise(state.request);
      const { querystring } = exchange;
      const { headers } = state.request;
      const input = readInput({ params: exchange['params'], querystring, headers, body, sentAs });
      writeAnswer(exchange, await route.handle({ ...state.request, caller, ...input, sentAs }));
    }
    await (route.around?.(respond) ?? respond());
  };
}

async function refuseUnrouted(exchange: HttpExchange): Promise<void> {
  await readBody(exchange.req);
  const matched: readonly { readonly methods: readonly string[] }[] = exchange['matched'] ?? [];
  const methods = [...new Set(matched.flatMap((layer) => layer.methods))];
  if (methods.length === 0)
    throw new Problem(standardProblems.not_found, { detail: 'There is nothing at this address.' });
  const Allow = [...methods, 'OPTIONS'].join(', ');
  if (exchange.method !== 'OPTIONS') {
    throw new Problem(standardProblems.method_not_allowed, {
      detail: `This address takes ${Allow}.`,
      headers: { Allow },
    });
  }
  exchange.status = 204;
  exchange.set('Allow', Allow);
}
