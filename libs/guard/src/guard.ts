/** The checks of a guard, without any HTTP framework. */
import {
  type AccessClaims,
  type ClaimMismatch,
  createGuards,
  createRemoteKeySource,
  createTokenVerifier,
  extractBearerToken,
  type KeySource,
  type Guard as Policy,
  type RefusalDetails,
  type RefusalSpec,
  serviceUnavailableRefusal,
} from '@latchkey/tokens';
import { consoleLogger, type GuardLogger } from './logger.ts';
import { Refusal } from './refusal.ts';
import { type RevocationCheck, RevocationsUnavailable } from './session-status.ts';

/** The options of {@link createGuard}. */
export interface GuardOptions {
  /** The value of Latchkey's setting PUBLIC_URL, which is the issuer in access tokens. */
  readonly issuer: string;
  /** The value of Latchkey's setting AUDIENCE. Default: `latchkey`. */
  readonly audience?: string;
  /** The URL of the public keys. Default: `/.well-known/jwks.json` at the issuer. */
  readonly jwksUrl?: string;
  /** The public keys themselves, instead of `jwksUrl`. */
  readonly keys?: KeySource;
  /**
   * Recognises revoked tokens. By default, a guard does not recognise them, and accepts a revoked token until
   * it expires.
   */
  readonly revocations?: RevocationCheck;
  /**
   * Receives two kinds of warnings, each at most once in 10 s. The first says why requests get 503 because
   * their tokens cannot be checked. The second says that a token with a valid signature is refused because it
   * is for another issuer or audience. Default: the console.
   */
  readonly logger?: Pick<GuardLogger, 'warn'>;
  /** Returns the current time. Default: the clock of this machine. */
  now?(): Date;
}

/** The account that sent a request. */
export interface Caller {
  /** The account's id. */
  readonly account: string;
  /** The account's current role if `revocations` knows it, otherwise the role in the token. */
  readonly role: string;
  /**
   * Whether the email address is verified, according to `revocations` if it knows this, otherwise according
   * to the token.
   */
  readonly verified: boolean;
  /** The claims of the access token with which the request was sent. */
  readonly claims: AccessClaims;
}

/** Reads a request header by its name in lower case. */
export type HeaderReader = (name: string) => string | undefined;

/**
 * Checks a request, and returns the account that has sent it.
 * @throws Refusal 401 if there is no valid access token, 403 if the account is not allowed to send the
 * request, 503 if the token cannot be checked at the moment
 */
export type Check = (header: HeaderReader) => Promise<Caller>;

/** The checks of a guard, for any HTTP framework. Created by {@link createGuard}. */
export interface Guard {
  /** Returns a check that accepts any account with a valid token. */
  authenticated(): Check;
  /** Returns a check that accepts an account whose email address is verified. */
  verified(): Check;
  /** Returns a check that accepts a verified account that has one of the given roles. */
  role(...roles: readonly [string, ...string[]]): Check;
}

/**
 * Creates a guard for the routes of a service. Nothing is fetched before the first request with a token.
 * @example
 * const guard = createGuard({ issuer: 'http://localhost:8080' });
 * const { authenticated, verified, role } = koaGuard(guard);
 */
export function createGuard(options: GuardOptions): Guard {
  const {
    issuer,
    audience = 'latchkey',
    now = () => new Date(),
    revocations,
    logger = consoleLogger,
  } = options;
  const {
    keys = createRemoteKeySource(options.jwksUrl ?? `${issuer.replace(/\/+$/, '')}/.well-known/jwks.json`),
  } = options;
  const warnOfOutage = createLimitedWarning(logger, now);
  const warnOfMismatch = createLimitedWarning(logger, now);

  function refuse(spec: RefusalSpec, details: RefusalDetails): Refusal {
    if (spec === serviceUnavailableRefusal)
      warnOfOutage({ err: details.cause }, 'requests get 503, because access tokens cannot be checked');
    return new Refusal(spec, details);
  }

  async function currentSessionStatus(claims: AccessClaims, authorization: string | undefined) {
    if (revocations === undefined) return {};
    try {
      return await revocations.sessionStatus(claims, extractBearerToken(authorization) ?? '');
    } catch (error) {
      if (!(error instanceof RevocationsUnavailable)) throw error;
      throw refuse(serviceUnavailableRefusal, { detail: error.message, retryAfter: 1, cause: error });
    }
  }

  const policies = createGuards({
    verify: createTokenVerifier({
      keys,
      issuer,
      audience,
      now,
      onMismatch: (mismatch) =>
        warnOfMismatch({ claim: mismatch.claim }, describeMismatch(mismatch, { issuer, audience })),
    }),
    sessionStatus: async (claims, { headers }) => {
      const changed = await currentSessionStatus(claims, headers['authorization']);
      // Treat any value other than an object as a revocation. The revocation check may come from another
      // version of this package, and a value that this version does not know must not let a revoked token
      // pass.
      if (typeof changed !== 'object') return 'revoked';
      return { verified: claims.email_verified, role: claims.role, ...changed };
    },
    refuse,
  });
  return {
    authenticated: () => checkOf(policies.authenticated),
    verified: () => checkOf(policies.verified),
    role: (...roles) => checkOf(policies.withRole(...roles)),
  };
}

interface Account {
  readonly claims: AccessClaims;
  readonly role: string;
  readonly verified: boolean;
}

function checkOf(policy: Policy<Account>): Check {
  return async (header) => {
    const authorization = header('authorization');
    const { claims, role, verified } = await policy.authorise({ headers: { authorization } });
    return { account: claims.sub, role, verified, claims };
  };
}

const WARN_EVERY_MS = 10_000;

/** Returns a function that logs a warning, at most once in 10 s. */
function createLimitedWarning(
  logger: Pick<GuardLogger, 'warn'>,
  now: () => Date,
): (fields: object, message: string) => void {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return (fields, message) => {
    const time = now().getTime();
    if (Math.abs(time - warnedAt) < WARN_EVERY_MS) return;
    warnedAt = time;
    logger.warn(fields, message);
  };
}

function describeMismatch(
  { claim, actual }: ClaimMismatch,
  expected: Required<Pick<GuardOptions, 'issuer' | 'audience'>>,
): string {
  const { option, setting } = mismatchNames[claim];
  return `a token was refused because its ${option} is ${actual}, but this guard's ${option} is ${expected[option]}: set ${option} to Latchkey's ${setting}`;
}

const mismatchNames = {
  iss: { option: 'issuer', setting: 'PUBLIC_URL' },
  aud: { option: 'audience', setting: 'AUDIENCE' },
} as const satisfies Readonly<Record<ClaimMismatch['claim'], unknown>>;
