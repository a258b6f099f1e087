/**
 * Guards for routes that need an access token. A guard authenticates the account (RFC 9068), checks that the
 * token is not revoked, and checks what the account may do. The service that uses the guards provides two
 * functions: one looks up the account, and one creates the error that the service's HTTP framework converts
 * to a response.
 */
import type { z } from 'zod';
import type { AccessClaims, VerifyToken } from './access-token.ts';
import { KeysUnavailable } from './key-source.ts';

/** The part of a request that guards read. Header names are in lower case. */
export interface GuardedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The fields that all refusals of one kind share. They become fields of problem details (RFC 9457). */
export interface RefusalSpec {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly resolution?: string;
}

export interface RefusalDetails {
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** When to retry, in seconds; sent as `Retry-After`. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
  /** The id of the account whose request is refused. Undefined if the token is not accepted. */
  readonly account?: string;
}

/**
 * The part of an account's state that guards check. A service may add fields, which {@link Caller} then
 * contains.
 */
export interface ActiveSession {
  readonly verified: boolean;
  readonly role: string;
}

/**
 * Looks up the current state of a token's account. Returns 'revoked' if the token must not be accepted any
 * more.
 */
export type LookUpSessionStatus<S extends ActiveSession = ActiveSession> = (
  claims: AccessClaims,
  request: GuardedRequest,
) => Promise<S | 'revoked'>;

/** The account that sent the request: the token's claims and the account's current state. */
export type Caller<S extends ActiveSession = ActiveSession> = S & { readonly claims: AccessClaims };

const unauthenticated = { code: 'unauthenticated', status: 401, title: 'Authentication Required' } as const;
export const serviceUnavailableRefusal = {
  code: 'unavailable',
  status: 503,
  title: 'Service Unavailable',
} as const;

/**
 * The details of a refusal because the access token is invalid, expired or revoked. The text is the same in
 * all three cases, so that it reveals nothing to an attacker.
 */
export const invalidTokenDetails = {
  detail: 'The access token is invalid or has expired. Sign in or refresh, then try again.',
  headers: { 'WWW-Authenticate': 'Bearer realm="latchkey", error="invalid_token"' },
} as const satisfies RefusalDetails;

const insufficientPermission = {
  code: 'insufficient_permission',
  status: 403,
  title: 'Insufficient Permission',
} as const;

export const accountNotVerifiedRefusal = {
  code: 'account_not_verified',
  status: 403,
  title: 'Account Not Verified',
  resolution: 'Please check your email for verification details',
} as const satisfies RefusalSpec;

export interface Guard<Caller> {
  /** A description of the allowed callers, for example "a verified admin". */
  readonly who: string;
  readonly bearer: true;
  /** The headers that the guard reads in addition to `Authorization`. */
  readonly headers?: z.ZodObject;
  /** The problems with which `authorise` may refuse a request. */
  readonly problems: readonly RefusalSpec[];
  /** Checks a request. @throws the error that `refuse` creates */
  authorise(request: GuardedRequest): Promise<Caller>;
}

/**
 * The guards of a service. A guard first checks whether the token is valid; if it is not, the response is 401
 * with `WWW-Authenticate: Bearer …` (RFC 6750). Then it checks whether the account is verified, and then
 * whether the account has the required role.
 */
export interface Guards<S extends ActiveSession = ActiveSession> {
  readonly authenticated: Guard<Caller<S>>;
  readonly verified: Guard<Caller<S>>;
  /** Accepts a verified account that has one of the roles. */
  withRole(...roles: readonly [string, ...string[]]): Guard<Caller<S>>;
}

export function createGuards<S extends ActiveSession>(options: {
  readonly verify: VerifyToken;
  readonly sessionStatus: LookUpSessionStatus<S>;
  /**
   * Creates the error that refuses a request. The service's HTTP framework converts it to a response with
   * this status, these details and these headers.
   */
  refuse(spec: RefusalSpec, details: RefusalDetails): Error;
  /** The request headers that `sessionStatus` reads. */
  readonly headers?: z.ZodObject;
}): Guards<S> {
  const { verify, sessionStatus, refuse, headers } = options;

  // Returns the error for a request without a token. By RFC 6750, 3.1, the header WWW-Authenticate should
  // then contain no error code.
  function missingToken(): Error {
    return refuse(unauthenticated, {
      detail: 'Send an access token: Authorization: Bearer <token>.',
      headers: { 'WWW-Authenticate': 'Bearer realm="latchkey"' },
    });
  }

  function refuseToken(): Error {
    return refuse(unauthenticated, invalidTokenDetails);
  }

  function requiredToken(authorization: string | undefined): string {
    if (authorization === undefined || !/^bearer\b/i.test(authorization)) throw missingToken();
    const token = extractBearerToken(authorization);
    if (token === undefined) throw refuseToken();
    return token;
  }

  async function verified(token: string): Promise<AccessClaims | undefined> {
    try {
      return await verify(token);
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error;
      throw refuse(serviceUnavailableRefusal, { detail: error.message, retryAfter: 1, cause: error });
    }
  }

  async function authenticate(request: GuardedRequest): Promise<Caller<S>> {
    const claims = await verified(requiredToken(request.headers['authorization']));
    if (claims === undefined) throw refuseToken();
    const account = await sessionStatus(claims, request);
    if (typeof account !== 'object') throw refuseToken();
    return { ...account, claims };
  }

  async function authenticateVerified(request: GuardedRequest): Promise<Caller<S>> {
    const caller = await authenticate(request);
    if (!caller.verified) throw refuse(accountNotVerifiedRefusal, { account: caller.claims.sub });
    return caller;
  }

  async function authenticateRole(request: GuardedRequest, roles: readonly string[]): Promise<Caller<S>> {
    const caller = await authenticateVerified(request);
    if (!roles.includes(caller.role)) throw refuse(insufficientPermission, { account: caller.claims.sub });
    return caller;
  }

  const always = [unauthenticated, serviceUnavailableRefusal];
  const common = { bearer: true, ...(headers && { headers }) } as const;
  return {
    authenticated: { ...common, who: 'any active account', problems: always, authorise: authenticate },
    verified: {
      ...common,
      who: 'a verified account',
      problems: [...always, accountNotVerifiedRefusal],
      authorise: authenticateVerified,
    },
    withRole: (...roles) => ({
      ...common,
      who: `a verified ${roles.join(' or ')}`,
      problems: [...always, accountNotVerifiedRefusal, insufficientPermission],
      authorise: (request) => authenticateRole(request, roles),
    }),
  };
}

/**
 * Matches an Authorization header as in RFC 6750, 2.1: the scheme (case-insensitive), spaces, one b64token
 * and nothing else.
 */
const credentials = /^bearer +(?<token>[\w.~+/-]+=*)$/i;

/**
 * Returns the token in an `Authorization` header; undefined if the header contains no token or is malformed.
 */
export function extractBearerToken(authorization: string | undefined): string | undefined {
  return credentials.exec(authorization ?? '')?.groups?.['token'];
}
