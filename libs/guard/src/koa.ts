/** The entry point `@latchkey/guard/koa`: a guard for koa. */
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

/** The part of a koa context that the guard uses. */
export interface KoaContext {
  readonly headers: NodeHeaders;
  status: number;
  body: unknown;
  readonly response: { get(name: string): string };
  set(name: string, value: string): void;
}

/** Middleware of koa that lets a request proceed, or refuses it. */
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/** Converts a guard's checks to middleware for koa. In a handler, `callerOf(context)` returns the caller. */
export function koaGuard(guard: Guard): FrameworkGuard<KoaMiddleware> {
  return createFrameworkGuard(guard, middleware);
}

function middleware(check: Check): KoaMiddleware {
  return async (context, next) => {
    const refused = await authenticateRequest(context, createHeaderReader(context.headers), check);
    if (refused === undefined) {
      await next();
      return;
    }
    context.status = refused.status;
    context.body = refused.body;
    for (const [name, value] of headersOf(refused, context.response.get('Vary'))) context.set(name, value);
  };
}
