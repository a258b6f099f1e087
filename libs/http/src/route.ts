import type { Logger } from '@latchkey/process';
import type { z } from 'zod';
import type { FieldError, Problem, ProblemSpec } from './problem.ts';
import type { TranslationsByLanguage } from './translate.ts';

/** The part of a request that policies and handlers see. Header names are in lower case. */
export interface RequestContext {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's IP address. Behind TRUSTED_PROXIES: the right-most untrusted address of X-Forwarded-For. */
  readonly ip: string;
  /**
   * `X-Request-Id` of the client if it is well-formed (8 to 128 characters of `[A-Za-z0-9._-]`), otherwise a
   * generated id.
   */
  readonly requestId: string;
  readonly log: Logger;
  /**
   * Returns the value of a cookie. If the request contains several cookies with this name, returns undefined,
   * because another host of the same domain may have set one of them.
   */
  cookie(name: string): string | undefined;
  /** Returns whether the client is still connected. */
  isAwaited(): boolean;
  /** Returns a signal that is aborted once the client has disconnected or the server stops. */
  ending(): AbortSignal;
}

/** Decides who may call a route, and identifies the caller. */
export interface AccessPolicy<Caller> {
  /**
   * A description of the permitted callers for the OpenAPI document, for example "anyone" or "a verified
   * admin".
   */
  readonly who: string;
  /** Whether `Authorization: Bearer` is required or optional. */
  readonly bearer: boolean | 'optional';
  /**
   * The headers that the policy reads in addition to `Authorization`, in their usual spelling. The policy
   * validates them itself.
   */
  readonly headers?: z.ZodObject;
  /** The problems that `authorise` may throw to refuse a request. */
  readonly problems: readonly ProblemSpec[];
  /** Identifies the caller. @throws Problem if the request is not allowed */
  authorise(request: RequestContext): Promise<Caller>;
}

/** The policy of public routes: anyone may call them. */
export const publicAccessPolicy: AccessPolicy<null> = {
  who: 'anyone',
  bearer: false,
  problems: [],
  authorise: async () => null,
};

/**
 * The form in which a client sends a request body. `raw` is bytes of any media type, which the handler gets
 * as a Buffer; a route that accepts `raw` accepts no other kind. `none` is no body: a route that accepts only
 * `none` responds with 415 to a request that has a body. A route with a body schema may accept `none` in
 * addition to other kinds. If a request then has no body, the handler gets `undefined` if the body is
 * optional in the schema, otherwise `{}`.
 */
export type BodyKind = 'json' | 'form' | 'raw' | 'none';

export interface HandlerInput<Caller, Params, Query, Body> extends RequestContext {
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** How the body was sent. The response to a form must be a page. */
  readonly sentAs: BodyKind;
}

export interface RouteResponse {
  readonly status: number;
  /** The body, sent as JSON and validated with the route's schema for this status. */
  readonly body?: unknown;
  readonly html?: string;
  /** A text body whose media type is not JSON: `{type: 'text/css; charset=utf-8', text}`. */
  readonly text?: { readonly type: string; readonly text: string | Buffer };
  /**
   * A body that is sent in pieces, as fast as the client reads. Once the signal of `ending()` is aborted, the
   * iteration must end soon. An error closes the connection. The pieces are not validated with the schema of
   * the status.
   */
  readonly stream?: { readonly type: string; readonly pieces: AsyncIterable<string> };
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface RouteResponseSpec {
  readonly description: string;
  /**
   * The schema of the JSON body. If the response's body contains undeclared fields, the response fails in
   * development; in production, the undeclared fields are omitted.
   */
  readonly schema?: z.ZodType;
  /** Other media types that a response with this status may have, such as `text/html`. */
  readonly media?: readonly string[];
  readonly headers?: readonly string[];
}

export interface RouteSpec<Caller, Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path of the route. Parameters are written as `:name`. */
  readonly path: string;
  readonly tag: string;
  /**
   * The name of the operation in generated clients, for example `changePassword`. Default: derived from the
   * method and the path.
   */
  readonly operationId?: string;
  readonly summary: string;
  readonly description?: string;
  readonly policy: AccessPolicy<Caller>;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  /** The schema of the request headers that the handler reads from `headers`, in their usual spelling. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType<Body>;
  /**
   * In which forms clients may send the body. Default: `json` if there is a body schema, otherwise `none`.
   */
  readonly accepts?: readonly BodyKind[];
  readonly answers: Readonly<Record<number, RouteResponseSpec>>;
  /**
   * The problems that the handler may throw. The problems of all routes and the problems of the policy need
   * not be listed.
   */
  readonly problems?: readonly ProblemSpec[];
  /**
   * The rate limits of the route as text for the OpenAPI document, for example `100 logins of an account in
   * an hour`. Requires the problem `rate_limited`.
   */
  readonly limits?: readonly string[];
  /**
   * Credentials other than a bearer access token, as OpenAPI security schemes. A request needs only one of
   * these credentials.
   */
  readonly credentials?: { readonly schemes: Readonly<Record<string, object>>; readonly optional: boolean };
  /** Translations of this route's problems into languages other than English. */
  readonly texts?: TranslationsByLanguage;
  /**
   * Returns faults of a body that a schema cannot find, such as a weak password. Called only for a request
   * that violates a schema, so that the response also lists these faults. For a request that violates no
   * schema, this function is not called, because the handler itself checks for these faults.
   */
  readonly moreFaults?: (body: unknown) => readonly FieldError[];
  /** Whether the path contains a secret. If so, no log line of any level may contain the path. */
  readonly secretPath?: boolean;
  /** The value of the response's header Cache-Control. Default: `no-store`. */
  readonly cacheControl?: string;
  /** Whether requests are logged only at level debug, because machines poll the route. */
  readonly quiet?: boolean;
  /** Whether to omit the route from the OpenAPI document. */
  readonly hidden?: boolean;
  /**
   * Renders a problem as a page, for a request that was sent by a form or that asks for a page. Default: the
   * response contains problem details.
   */
  readonly problemPage?: (problem: Problem, request: RequestContext) => string | undefined;
  /**
   * Renders a problem as a page if a browser requests a document, and either no route matches or the matching
   * route has no `problemPage`. Only one route of a server may have a `generalProblemPage`. Default: an
   * unstyled page.
   */
  readonly generalProblemPage?: (problem: Problem, request: RequestContext) => string;
  /**
   * Headers of the route's pages, including the pages that show problems. They override the general headers
   * of pages.
   */
  readonly pageHeaders?: Readonly<Record<string, string>>;
  /**
   * Wraps the work for each request, for example in a time limit. Must call `respond`, which runs the policy
   * and the handler. Default: no wrapper.
   */
  readonly around?: (respond: () => Promise<void>) => Promise<void>;
  handle(input: HandlerInput<Caller, Params, Query, Body>): Promise<RouteResponse>;
}

/** A route without its type parameters, so that routes of different types fit into one list. */
export interface Route extends Omit<RouteSpec<unknown, unknown, unknown, unknown>, 'handle' | 'policy'> {
  readonly policy: AccessPolicy<unknown>;
  handle(input: HandlerInput<unknown, unknown, unknown, unknown>): Promise<RouteResponse>;
}

/**
 * Declares a route. The declaration validates requests and responses, and the OpenAPI document is made from
 * it. A route without a policy does not compile.
 * @example
 * const rename = route({
 *   method: 'PUT',
 *   path: '/api/v1/things/:id/name',
 *   tag: 'things',
 *   summary: 'Rename a thing',
 *   policy: guards.verified,
 *   params: z.object({ id: z.uuid() }),
 *   body: z.object({ name: z.string().min(1) }),
 *   answers: { 200: { description: 'The thing.', schema: thing } },
 *   problems: [problems.not_found],
 *   handle: async ({ params, body }) => ({ status: 200, body: await things.rename(params.id, body.name) }),
 * });
 */
export function route<Caller, Params = undefined, Query = undefined, Body = undefined>(
  spec: RouteSpec<Caller, Params, Query, Body>,
): Route {
  return spec as unknown as Route;
}
