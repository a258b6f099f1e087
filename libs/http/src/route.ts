/**
 * One declaration per route: it guards what comes in and what goes out, and the OpenAPI document is made from it.
 */

import type { Logger } from '@latchkey/process';
import type { z } from 'zod';
import type { Problem, ProblemSpec } from './problem.ts';

/** What a policy gets to see. Header names are in lower case. */
export interface RequestContext {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's address; behind TRUSTED_PROXIES the right-most untrusted one of X-Forwarded-For. */
  readonly ip: string;
  /** `X-Request-Id`: the client's own well-formed one (8–128 of `[A-Za-z0-9._-]`), else made here. */
  readonly requestId: string;
  /** W3C, where the client sent a well-formed one. */
  readonly traceparent?: string;
  readonly log: Logger;
  /** Returns the value of a cookie. */
  cookie(name: string): string | undefined;
  /** Whether the client is still connected. */
  isAwaited(): boolean;
}

/** Who may call a route, and what is known of the caller afterwards. */
export interface Policy<Caller> {
  /** In words, for the description: "anyone", "a verified admin". */
  readonly who: string;
  /** Whether it needs `Authorization: Bearer`, or only looks at it. */
  readonly bearer: boolean | 'optional';
  /** Other headers that it reads, by their usual names; what they may be is its own to check. */
  readonly headers?: z.ZodObject;
  /** What `authorise` may throw. */
  readonly problems: readonly ProblemSpec[];
  /** @throws Problem */
  authorise(request: RequestContext): Promise<Caller>;
}

/** The policy of public routes. */
export const anyone: Policy<null> = {
  who: 'anyone',
  bearer: false,
  problems: [],
  authorise: async () => null,
};

/**
 * `none`: any body is refused with 415 (an empty one is fine). `json` where the route has a body schema. Where
 * a route with a body schema takes `none` too, no body is `undefined` to a schema that takes it, else `{}`.
 */
export type BodyKind = 'json' | 'form' | 'none';

export interface HandlerInput<Caller, Params, Query, Body> extends RequestContext {
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** How the body came: an HTML page is the answer to a form. */
  readonly sentAs: BodyKind;
}

export interface Answer {
  readonly status: number;
  /** JSON unless `html` or `text` is given; checked against the route's schema for this status. */
  readonly body?: unknown;
  readonly html?: string;
  /** A text of another media type: `{type: 'text/css; charset=utf-8', text}`. */
  readonly text?: { readonly type: string; readonly text: string };
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface AnswerSpec {
  readonly description: string;
  /** Of the JSON body. What it does not declare fails the answer in tests and development, and is dropped in production. */
  readonly schema?: z.ZodType;
  /** Media types other than JSON that the status may have, such as `text/html`. */
  readonly media?: readonly string[];
  readonly headers?: readonly string[];
}

export interface RouteSpec<Caller, Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Without one the route does not compile. */
  readonly policy: Policy<Caller>;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  /** Request headers of its own, by their usual names. Checked; read from `headers` of the request. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType<Body>;
  /** Default: `json` alone where there is a body schema, otherwise `none`. */
  readonly accepts?: readonly BodyKind[];
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Those of its own; the policy's and the general ones are added. */
  readonly problems?: readonly ProblemSpec[];
  /** The path holds a secret: no log line of any level may have its URI. */
  readonly secretPath?: boolean;
  /** `Cache-Control: no-store` (default) or another value. */
  readonly cacheControl?: string;
  /** Asked by machines every few seconds: its access log lines are at level debug. */
  readonly quiet?: boolean;
  /** Left out of the OpenAPI document. */
  readonly hidden?: boolean;
  /** Makes a Problem a page where the answer is to be HTML (`sentAs` form, or GET of a page). Without it: problem details. */
  readonly problemPage?: (problem: Problem, request: RequestContext) => string | undefined;
  handle(input: HandlerInput<Caller, Params, Query, Body>): Promise<Answer>;
}

/** A route whose types have been checked and are forgotten, so that routes can stand in one list. */
export interface Route extends Omit<RouteSpec<unknown, unknown, unknown, unknown>, 'handle' | 'policy'> {
  readonly policy: Policy<unknown>;
  handle(input: HandlerInput<unknown, unknown, unknown, unknown>): Promise<Answer>;
}

export function route<Caller, Params = undefined, Query = undefined, Body = undefined>(
  spec: RouteSpec<Caller, Params, Query, Body>,
): Route {
  return spec as unknown as Route;
}
