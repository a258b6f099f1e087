/** Code that the adapters for HTTP frameworks share. */
import { rememberCaller } from './callers.ts';
import type { Check, Guard, HeaderReader } from './guard.ts';
import { type ProblemAnswer, Refusal } from './refusal.ts';

/** A guard whose checks have the form that an HTTP framework expects. */
export interface FrameworkGuard<Middleware> {
  /** Returns a check that accepts any account with a valid token. */
  authenticated(): Middleware;
  /** Returns a check that accepts an account whose email address is verified. */
  verified(): Middleware;
  /** Returns a check that accepts a verified account that has one of the given roles. */
  role(...roles: readonly [string, ...string[]]): Middleware;
}

/** Converts the checks of a guard to the form that a framework expects. */
export function createFrameworkGuard<Middleware>(
  guard: Guard,
  toMiddleware: (check: Check) => Middleware,
): FrameworkGuard<Middleware> {
  return {
    authenticated: () => toMiddleware(guard.authenticated()),
    verified: () => toMiddleware(guard.verified()),
    role: (...roles) => toMiddleware(guard.role(...roles)),
  };
}

/**
 * Checks a request. If the request is allowed, stores the caller, so that `callerOf` returns it.
 * @param request the object that the framework passes to its handlers
 * @returns the response to send if the request is refused; undefined if the request may proceed
 * @throws any error of the check except a Refusal. For a Refusal, the response that it contains is returned
 */
export async function authenticateRequest(
  request: object,
  header: HeaderReader,
  check: Check,
): Promise<ProblemAnswer | undefined> {
  try {
    rememberCaller(request, await check(header));
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.answer(header('x-request-id'), header('accept-language'));
    throw error;
  }
}

/**
 * Returns the headers of the response to a refused request, as names and values. If earlier middleware, for
 * example for CORS, has already set the header `Vary`, the returned `Vary` contains the earlier value and the
 * guard's own value.
 * @param earlierVary the value of `Vary` that earlier middleware has set; undefined or empty if none has set
 * it
 */
export function headersOf(
  { headers }: ProblemAnswer,
  earlierVary: unknown,
): readonly (readonly [string, string])[] {
  return Object.entries(headers).map(([name, value]) =>
    name === 'Vary' && earlierVary ? [name, `${[earlierVary].flat().join(', ')}, ${value}`] : [name, value],
  );
}

/** The headers of a request, in the form in which `node:http` returns them. */
export type NodeHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Returns a function that reads a header by its name. If `headers` contains a list of values for the name,
 * the function returns undefined.
 */
export function createHeaderReader(headers: NodeHeaders): HeaderReader {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
}
