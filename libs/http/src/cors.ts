import koaCors from '@koa/cors';
import type { Middleware } from './exchange.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const REQUEST_HEADERS = ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id', 'traceparent'];

const PREFLIGHT_SECONDS = 600;

export interface CorsOptions {
  /**
   * The origins whose pages may call the service. Either a list, or a function that returns whether an origin
   * is allowed, for example any port of localhost.
   */
  readonly corsOrigins: readonly string[] | ((origin: string) => boolean);
  /**
   * Names of the application's own headers that pages may send and read, in addition to the headers that
   * every service has.
   */
  readonly corsHeaders?: readonly string[];
}

/**
 * Creates middleware that responds to preflight requests, and lets pages of the allowed origins read
 * responses, with credentials (Fetch standard). Responses to other origins have no CORS headers at all.
 */
export function createCorsMiddleware({ corsOrigins, corsHeaders = [] }: CorsOptions): Middleware {
  function isListed(origin: string): boolean {
    // Never allow the origin "null". Browsers send it for sandboxed frames and local files, whose content may
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
