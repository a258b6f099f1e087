/** The entry point `@latchkey/guard/hono`: a guard for Hono. */
import { authenticateRequest, createFrameworkGuard, type FrameworkGuard, headersOf } from './adapter.ts';
import type { Check, Guard } from './guard.ts';

export { callerOf } from './callers.ts';

/** The part of a Hono context that the guard uses. */
export interface HonoContext {
  readonly req: { header(name: string): string | undefined };
  readonly res: { readonly headers: Headers };
}

/** Middleware of Hono that lets a request proceed, or returns the response that refuses it. */
export type HonoMiddleware = (
  context: HonoContext,
  next: () => Promise<void>,
) => Promise<Response | undefined>;

/** Converts a guard's checks to middleware for Hono. In a handler, `callerOf(context)` returns the caller. */
export function honoGuard(guard: Guard): FrameworkGuard<HonoMiddleware> {
  return createFrameworkGuard(guard, middleware);
}

function middleware(check: Check): HonoMiddleware {
  return async (context, next) => {
    const refused = await authenticateRequest(context, (name) => context.req.header(name), check);
    if (refused !== undefined) {
      const { headers: earlier } = context.res;
      const headers = Object.fromEntries(headersOf(refused, earlier.get('Vary')));
      // If earlier middleware has set a header with the same name, Hono would send that value instead of the
      // value in the returned response. Delete the values that were set earlier.
      for (const name of Object.keys(headers)) earlier.delete(name);
      return new Response(refused.body, { status: refused.status, headers });
    }
    await next();
    return undefined;
  };
}
