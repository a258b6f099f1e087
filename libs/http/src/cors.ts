/** Which browsers' pages may call (Fetch standard), and what they may read. */
import type { Step } from './exchange.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, Account-Sequence, X-Request-Id, traceparent';
const EXPOSED = 'X-Request-Id, Account-Sequence, Retry-After';
const PREFLIGHT_SECONDS = '600';

/** Answers preflights, and lets listed origins read answers, with cookies. Others get an answer without CORS headers. */
export function cors(origins: readonly string[] | ((origin: string) => boolean)): Step {
  const isListed = typeof origins === 'function' ? origins : (origin: string) => origins.includes(origin);

  return async (exchange, next) => {
    exchange.vary('Origin');
    const { origin } = exchange.state.request.headers;
    if (origin === undefined) return void (await next());
    // "null" is what sandboxed frames and local files call themselves: anyone's.
    const listed = origin !== 'null' && isListed(origin);
    if (listed) {
      exchange.set('Access-Control-Allow-Origin', origin);
      exchange.set('Access-Control-Allow-Credentials', 'true');
      exchange.set('Access-Control-Expose-Headers', EXPOSED);
    }
    const preflight =
      exchange.method === 'OPTIONS' && 'access-control-request-method' in exchange.state.request.headers;
    if (!preflight) return void (await next());
    exchange.vary('Access-Control-Request-Method');
    exchange.vary('Access-Control-Request-Headers');
    if (listed) {
      exchange.set('Access-Control-Allow-Methods', METHODS);
      exchange.set('Access-Control-Allow-Headers', REQUEST_HEADERS);
      exchange.set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    }
    exchange.status = 204;
  };
}
