/**
 * Guards for routes that take an access token: whose token it is (RFC 9068), whether it still lives, and what
 * its account may do. Usable by any service: where the account's standing is known is handed in.
 */

import type { Policy, ProblemSpec, RequestContext } from '@latchkey/http';
import { Problem, problems } from '@latchkey/http';
import type { z } from 'zod';
import type { AccessClaims, VerifyToken } from './access-token.ts';

/** What the guards ask of an account. A service may know more, and finds it again in its callers. */
export interface AccountStanding {
  readonly verified: boolean;
  readonly role: string;
}

/** What is known of the account now: `dead` where the token must not be honoured any more. */
export type Standing<S extends AccountStanding = AccountStanding> = (
  claims: AccessClaims,
  request: RequestContext,
) => Promise<S | 'dead'>;

/** Whose request it is: the token's claims and the account's standing. */
export type Caller<S extends AccountStanding = AccountStanding> = S & { readonly claims: AccessClaims };

export const accountNotVerified = {
  code: 'account_not_verified',
  status: 403,
  title: 'Account Not Verified',
  resolution: 'Please check your email for verification details',
} as const satisfies ProblemSpec;

/** Each refuses with 401 and `WWW-Authenticate: Bearer …` (RFC 6750) first, then not verified, then the role. */
export interface Guards<S extends AccountStanding = AccountStanding> {
  readonly authenticated: Policy<Caller<S>>;
  readonly verified: Policy<Caller<S>>;
  withRole(role: string): Policy<Caller<S>>;
}

export function guards<S extends AccountStanding>(options: {
  readonly verify: VerifyToken;
  readonly standing: Standing<S>;
  /** Those that `standing` reads. */
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
    authenticated: { ...common, who: 'any living account', problems: always, authorise: authenticate },
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

/** RFC 6750, 2.1: the scheme in any case, spaces, one b64token and nothing else. */
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

// The same words for every reason, so that nothing can be learnt by trying.
function invalidToken(): Problem {
  return unauthenticated(
    'The access token is not valid, or not any more. Log in or refresh, then try again.',
    'Bearer realm="latchkey", error="invalid_token"',
  );
}
