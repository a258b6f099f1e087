import koaCors from '@koa/cors';
import type { Middleware } from './exchange.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id', 'traceparent'];

const PREFLIGHT_SECONDS = 600;

export interface CorsOptions {
  /**
   * The origins whose pages may call the service: a list, or a function that decides, for a pattern such as
   * any port of localhost.
   */
  readonly corsOrigins: readonly string[] | ((origin: string) => boolean);
  /**
   * Names of the application's own headers that pages may send and read, in addition to the headers that
   * every service has.
   */
  readonly corsHeaders?: readonly string[];
}

/**
 * Responds to preflight requests, and lets pages of the listed origins read responses, with credentials
 * (Fetch standard). For other origins, responses have no CORS headers at all.
 */
export function createCorsMiddleware({ corsOrigins, corsHeaders = [] }: CorsOptions): Middleware {
  function isListed(origin: string): boolean {
    // Browsers send the origin "null" for sandboxed frames and local files. The content of such a page may
    // come from anywhere.
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
