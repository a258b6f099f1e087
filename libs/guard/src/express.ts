/** The entry point `@latchkey/guard/express`: a guard for Express. */
import {
  authenticateRequest,
  createFrameworkGuard,
  createHeaderReader,
  type FrameworkGuard,
  headersOf,
  type NodeHeaders,
} from './adapter.ts';
import type { Check, Guard } from './guard.ts';

export { callerOf } from './callers.ts';

/** The part of an Express request that the guard uses. */
export interface ExpressRequest {
  readonly headers: NodeHeaders;
}

/** The part of an Express response that the guard uses. */
export interface ExpressResponse {
  statusCode: number;
  getHeader(name: string): unknown;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/** Middleware of Express that lets a request proceed, or refuses it. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Converts a guard's checks to middleware for Express. In a handler, `callerOf(request)` returns the caller.
 */
export function expressGuard(guard: Guard): FrameworkGuard<ExpressMiddleware> {
  return createFrameworkGuard(guard, middleware);
}

function middleware(check: Check): ExpressMiddleware {
  async function run(request: ExpressRequest, response: ExpressResponse): Promise<boolean> {
    const refused = await authenticateRequest(request, createHeaderReader(request.headers), check);
    if (refused === undefined) return true;
    response.statusCode = refused.status;
    for (const [name, value] of headersOf(refused, response.getHeader('Vary')))
      response.setHeader(name, value);
    response.end(refused.body);
    return false;
  }

  return (request, response, next) => {
    run(request, response).then((goesOn) => goesOn && next(), next);
  };
}
