/** Routes as a handler for `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Router from '@koa/router';
import type { Logger } from '@latchkey/process';
import Koa from 'koa';
import type { Registry } from 'prom-client';
import { answerProblems } from './answer-problem.ts';
import { clientAddress } from './client-address.ts';
import { cors } from './cors.ts';
import type { Exchange, ExchangeState, Step } from './exchange.ts';
import { validationFailed } from './field-errors.ts';
import { observe } from './observe.ts';
import { Problem, problems } from './problem.ts';
import { bodyKind, readBody } from './read-body.ts';
import { inputReader } from './read-input.ts';
import { requestContext } from './request-context.ts';
import type { BodyKind, Route } from './route.ts';
import { answerWriter } from './write-answer.ts';

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
export function createHandler(
  routes: readonly Route[],
  options: HttpOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = new Koa<ExchangeState>();
  // What gets here happened while an answer was written: the client went away.
  app.on('error', (error: unknown) => options.logger.debug({ err: error }, 'answer not delivered'));
  app.use(identify(options));
  app.use(observe(options.registry));
  app.use(secure);
  app.use(cors(options.corsOrigins));
  app.use(answerProblems(options.undeclared));
  app.use(demandWellFormed);
  app.use(routerOf(routes, options).routes());
  app.use(refuseUnrouted);
  return app.callback();
}

function identify({ logger, trustedProxies }: HttpOptions): Step {
  const addressOf = clientAddress(trustedProxies);
  return async (exchange, next) => {
    exchange.state.request = requestContext(exchange.req, pathOf(exchange), logger, addressOf);
    exchange.set('X-Request-Id', exchange.state.request.requestId);
    await next();
  };
}

/** Empty for a request target that is no address, such as `http://[::bad/`. */
function pathOf(exchange: Exchange): string {
  try {
    return exchange.path;
  } catch {
    return '';
  }
}

/** For every answer; pages bring their own policy. */
const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const secure: Step = async (exchange, next) => {
  exchange.set(SECURITY_HEADERS);
  await next();
};

const demandWellFormed: Step = async (exchange, next) => {
  if (exchange.req.httpVersion === '1.1' && exchange.req.headers.host === undefined) {
    throw validationFailed([{ pointer: '#/header/Host', code: 'required', message: 'is required' }]);
  }
  if (!isWellFormed(exchange.state.request.path)) {
    throw validationFailed([
      { pointer: '#/path', code: 'malformed', message: 'is not an address in percent-encoded UTF-8' },
    ]);
  }
  await next();
};

function isWellFormed(path: string): boolean {
  try {
    return path !== '' && !decodeURIComponent(path).includes('\0');
  } catch {
    return false;
  }
}

function routerOf(routes: readonly Route[], options: HttpOptions): Router<ExchangeState> {
  const router = new Router<ExchangeState>({ sensitive: true, strict: true });
  for (const route of routes) router.register(route.path, [route.method], serve(route, options));
  return router;
}

/** The way of a request through its route; each step may end it with a Problem. */
function serve(route: Route, options: HttpOptions): Step {
  const accepts: readonly BodyKind[] = route.accepts ?? (route.body === undefined ? ['none'] : ['json']);
  const readInput = inputReader(route);
  const writeAnswer = answerWriter(route, options.undeclared);

  return async (exchange) => {
    const { state, req } = exchange;
    state.route = route;
    const body = await readBody(req);
    const sentAs = bodyKind(req, body, accepts);
    state.sentAs = sentAs;
    // Before anything is said about the input: who may not call learns nothing from it.
    const caller = await route.policy.authorise(state.request);
    const { querystring } = exchange;
    const { headers } = state.request;
    const input = readInput({ params: exchange['params'], querystring, headers, body, sentAs });
    writeAnswer(exchange, await route.handle({ ...state.request, caller, ...input, sentAs }));
  };
}

const refuseUnrouted: Step = async (exchange) => {
  await readBody(exchange.req);
  const matched: readonly { readonly methods: readonly string[] }[] = exchange['matched'] ?? [];
  const methods = [...new Set(matched.flatMap((layer) => layer.methods))];
  if (methods.length === 0)
    throw new Problem(problems.not_found, { detail: 'There is nothing at this address.' });
  const Allow = [...methods, 'OPTIONS'].join(', ');
  if (exchange.method !== 'OPTIONS') {
    throw new Problem(problems.method_not_allowed, {
      detail: `This address takes ${Allow}.`,
      headers: { Allow },
    });
  }
  exchange.status = 204;
  exchange.set('Allow', Allow);
};
