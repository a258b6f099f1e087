import type { Logger } from '@latchkey/process';
import type { z } from 'zod';
import type { FieldError, Problem, ProblemSpec } from './problem.ts';
import type { TranslationsByLanguage } from './translate.ts';

/** The parts of a request that policies and handlers see. Header names are in lower case. */
export interface RequestContext {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's IP address. Behind TRUSTED_PROXIES: the right-most untrusted address of X-Forwarded-For. */
  readonly ip: string;
  /** `X-Request-Id` of the client if it is well-formed (8–128 of `[A-Za-z0-9._-]`), otherwise generated. */
  readonly requestId: string;
  /** W3C Trace Context, if the client sent a well-formed one. */
  readonly traceparent?: string;
  readonly log: Logger;
  /**
   * Returns the value of a cookie. Returns undefined if the request has several cookies with this name, because another
   * host of the domain may have planted one of them.
   */
  cookie(name: string): string | undefined;
  /** Whether the client is still connected. */
  isAwaited(): boolean;
  /** Returns a signal that is aborted once the client has disconnected or the server stops. */
  ending(): AbortSignal;
}

/** Decides who may call a route, and identifies the caller. */
export interface AccessPolicy<Caller> {
  /** A description of the allowed callers for the OpenAPI document, for example "anyone" or "a verified admin". */
  readonly who: string;
  /** Whether `Authorization: Bearer` is required or optional. */
  readonly bearer: boolean | 'optional';
  /**
   * The headers that the policy reads in addition to `Authorization`, in their usual spelling. The policy validates
   * them itself.
   */
  readonly headers?: z.ZodObject;
  /** The problems that `authorise` may throw. */
  readonly problems: readonly ProblemSpec[];
  /** Identifies the caller. @throws Problem if the request is not allowed */
  authorise(request: RequestContext): Promise<Caller>;
}

/** The policy of public routes. */
export const publicAccessPolicy: AccessPolicy<null> = {
  who: 'anyone',
  bearer: false,
  problems: [],
  authorise: async () => null,
};

/**
 * How a body is sent. `raw`: bytes of any media type, passed as a Buffer; a route that accepts `raw` accepts nothing
 * else. `none`: no body; a body that is not empty is refused with 415. If a route with a body schema also accepts
 * `none`, a missing body is passed as `undefined` if the schema accepts that, otherwise as `{}`.
 */
export type BodyKind = 'json' | 'form' | 'raw' | 'none';

export interface HandlerInput<Caller, Params, Query, Body> extends RequestContext {
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** How the body was sent. The response to a form must be an HTML page. */
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
   * A body that is sent piece by piece, as fast as the client reads. The iteration must end soon, or once the signal of
   * `ending()` is aborted. An error closes the connection. The pieces are not validated with the schema of the status.
   */
  readonly stream?: { readonly type: string; readonly pieces: AsyncIterable<string> };
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface RouteResponseSpec {
  readonly description: string;
  /** Schema of the JSON body. Undeclared fields fail the response in development, and are dropped in production. */
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
   * The name of the operation for generated clients, for example `changePassword`. Default: made of method and path.
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
  /** How the body may be sent. Default: `json` if there is a body schema, otherwise `none`. */
  readonly accepts?: readonly BodyKind[];
  readonly answers: Readonly<Record<number, RouteResponseSpec>>;
  /** The problems that the handler may throw. General problems and those of the policy are added. */
  readonly problems?: readonly ProblemSpec[];
  /**
   * The rate limits of the route in words, for the OpenAPI document: `100 logins of an account in an hour`. Requires
   * the problem `rate_limited`.
   */
  readonly limits?: readonly string[];
  /** Credentials other than a bearer access token, as OpenAPI security schemes. The route accepts any one of them. */
  readonly credentials?: { readonly schemes: Readonly<Record<string, object>>; readonly optional: boolean };
  /** Translations of this route's problems into languages other than English. */
  readonly texts?: TranslationsByLanguage;
  /**
   * Returns the faults of a body that the schemas cannot find, such as a weak password. Called only if the schemas have
   * found faults, so that the response lists all faults together. Otherwise the handler itself checks for these faults.
   */
  readonly moreFaults?: (body: unknown) => readonly FieldError[];
  /** Whether the path contains a secret. If so, no log line of any level may contain the path. */
  readonly secretPath?: boolean;
  /** Value of Cache-Control. Default: `no-store`. */
  readonly cacheControl?: string;
  /** Whether to log requests at level debug only, because machines poll the route. */
  readonly quiet?: boolean;
  /** Whether to omit the route from the OpenAPI document. */
  readonly hidden?: boolean;
  /** Renders a problem as a page, for forms and for GET requests of pages. Default: problem details. */
  readonly problemPage?: (problem: Problem, request: RequestContext) => string | undefined;
  /**
   * Renders a problem as a page if a browser asks for a document and the requested route has no `problemPage`, or no
   * route matches. At most one route of a server may have it. Default: an unstyled page.
   */
  readonly generalProblemPage?: (problem: Problem, request: RequestContext) => string;
  /**
   * Headers of the route's pages, including those that show problems. They override the general headers of pages.
   */
  readonly pageHeaders?: Readonly<Record<string, string>>;
  /**
   * Wraps the policy and the handler of each request, for example in a time limit. Default: they run without a wrapper.
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
 * Declares a route. The declaration validates requests and responses, and the OpenAPI document is made from it.
 * A route without a policy does not compile.
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
