import koaCors from '@koa/cors';
import type { Middleware } from './exchange.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id', 'traceparent'];

const PREFLIGHT_SECONDS = 600;

export interface CorsOptions {
  /** Origins that browsers may call from: a list, or a predicate for a pattern such as any localhost port. */
  readonly corsOrigins: readonly string[] | ((origin: string) => boolean);
  /** Names of the application's own headers that pages may send and read, in addition to the general ones. */
  readonly corsHeaders?: readonly string[];
}

/**
 * Responds to preflights, and lets pages of listed origins read responses, with credentials (Fetch standard). Responses
 * to other origins have no CORS headers at all.
 */
export function createCorsMiddleware({ corsOrigins, corsHeaders = [] }: CorsOptions): Middleware {
  function isListed(origin: string): boolean {
    // Browsers send the origin "null" for sandboxed frames and local files, which may belong to any site.
    if (origin === 'null') return false;
    return typeof corsOrigins === 'function' ? corsOrigins(origin) : corsOrigins.includes(origin);
  }
  return koaCors({
    origin: ({ headers: { origin } }) => (origin !== undefined && isListed(origin) ? origin : ''),
    credentials: true,
    allowMethods: METHODS,
    allowHeaders: [...REQUEST_HEADERS, ...corsHeaders].join(', '),
    exposeHeaders: ['X-Request-Id', ...corsHeaders, 'Retry-After'].join(', '),
    maxAge: PREFLIGHT_SECONDS,
  });
}
