/**
 * Policies for routes that take an access token: they authenticate the account (RFC 9068), check that the token is
 * not revoked, and what the account may do. How to look up an account's standing is up to the service.
 */

import type { Policy, ProblemSpec, RequestContext } from '@latchkey/http';
import { Problem, problems } from '@latchkey/http';
import type { z } from 'zod';
import type { AccessClaims, VerifyToken } from './access-token.ts';

/** What the guards need to know of an account. A service may add more, and gets it back with the caller. */
export interface AccountStanding {
  readonly verified: boolean;
  readonly role: string;
}

/** Looks up the current standing of the token's account: 'dead' if the token must no longer be accepted. */
export type Standing<S extends AccountStanding = AccountStanding> = (
  claims: AccessClaims,
  request: RequestContext,
) => Promise<S | 'dead'>;

/** The account that sent the request: the token's claims and the account's standing. */
export type Caller<S extends AccountStanding = AccountStanding> = S & { readonly claims: AccessClaims };

export const accountNotVerified = {
  code: 'account_not_verified',
  status: 403,
  title: 'Account Not Verified',
  resolution: 'Please check your email for verification details',
} as const satisfies ProblemSpec;

/** Refusals, in this order: 401 with `WWW-Authenticate: Bearer …` (RFC 6750), not verified, missing role. */
export interface Guards<S extends AccountStanding = AccountStanding> {
  readonly authenticated: Policy<Caller<S>>;
  readonly verified: Policy<Caller<S>>;
  withRole(role: string): Policy<Caller<S>>;
}

export function guards<S extends AccountStanding>(options: {
  readonly verify: VerifyToken;
  readonly standing: Standing<S>;
  /** The request headers that `standing` reads. */
  readonly headers?: z.ZodObject;
}): Guards<S> {
  async function authenticate(request: RequestContext): Promise<Caller<S>> {
    const token = bearerToken(request.headers['authorization']);
    const claims = await options.verify(token);
    if (claims === undefined) throw invalidToken();
    const standing = await options.standing(claims, request);
    if (standing === 'dead') throw invalidToken();
    return { ...standing, claims };
  }

  async function authenticateVerified(request: RequestContext): Promise<Caller<S>> {
    const caller = await authenticate(request);
    if (!caller.verified) throw new Problem(accountNotVerified);
    return caller;
  }

  async function authenticateRole(request: RequestContext, role: string): Promise<Caller<S>> {
    const caller = await authenticateVerified(request);
    if (caller.role !== role) throw new Problem(problems.insufficient_permission);
    return caller;
  }

  const always = [problems.unauthenticated, problems.unavailable];
  const common = { bearer: true, ...(options.headers && { headers: options.headers }) };
  return {
    authenticated: { ...common, who: 'any active account', problems: always, authorise: authenticate },
    verified: {
      ...common,
      who: 'a verified account',
      problems: [...always, accountNotVerified],
      authorise: authenticateVerified,
    },
    withRole: (role) => ({
      ...common,
      who: `a verified ${role}`,
      problems: [...always, accountNotVerified, problems.insufficient_permission],
      authorise: (request) => authenticateRole(request, role),
    }),
  };
}

/** RFC 6750, 2.1: the scheme (case-insensitive), spaces, one b64token and nothing else. */
const credentials = /^bearer +(?<token>[\w.~+/-]+=*)$/i;

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || !/^bearer\b/i.test(authorization)) throw missingToken();
  const token = credentials.exec(authorization)?.groups?.['token'];
  if (token === undefined) throw invalidToken();
  return token;
}

function unauthenticated(detail: string, challenge: string): Problem {
  return new Problem(problems.unauthenticated, { detail, headers: { 'WWW-Authenticate': challenge } });
}

// RFC 6750, 3.1: a request without a token gets no error code.
function missingToken(): Problem {
  return unauthenticated('Send an access token: Authorization: Bearer <token>.', 'Bearer realm="latchkey"');
}

// The same text for every reason, so that attempts reveal nothing.
function invalidToken(): Problem {
  return unauthenticated(
    'The access token is invalid or has expired. Sign in or refresh, then try again.',
    'Bearer realm="latchkey", error="invalid_token"',
  );
}
