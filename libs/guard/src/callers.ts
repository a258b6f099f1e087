/**
 * Remembers the callers of requests that are in progress. The key is the object that the framework passes to
 * its handlers.
 */
import type { Caller } from './guard.ts';

const callers = new WeakMap<object, Caller>();

/**
 * Stores the caller of a request for {@link callerOf}, as long as the request exists.
 * @param request the object that the framework passes to its handlers
 */
export function rememberCaller(request: object, caller: Caller): void {
  callers.set(request, caller);
}

/** Returns the account that sent a request. @throws Error if no guard has checked the request */
export function callerOf(request: object): Caller {
  const caller = callers.get(request);
  if (caller === undefined)
    throw new Error('No guard has checked this request: put one before this handler.');
  return caller;
}
