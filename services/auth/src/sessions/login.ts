/**
 * Logs people in with address and password. Tries the account that owns the address, and then its pending
 * sign-ups, newest first.
 */
import { isSameHash, type LivingAccount } from '../account/index.ts';
import { findAccountByAddress, loadPendingSignUps } from '../addresses/owners.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { runWithinLimits } from '../limits/within-limits.ts';
import { limitPasswordAttempts } from '../passwords/attempts.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import { notifyOwnerOfNewSignInSource } from './new-source.ts';
import { computeSessionExpiry } from './session-end.ts';
import { addTrustedIpAddress } from './trust-source.ts';

/** The result of a login or a refresh. */
export interface SignInResult {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The lifetime of the access token, in seconds. */
  readonly expiresIn: number;
  readonly state: LivingAccount;
}

export interface LoginCredentials {
  /** The canonical email address with which the person logs in. */
  readonly address: string;
  readonly password: string;
}

/**
 * Logs a person in with address and password.
 * @throws Refused (invalid_credentials, account_disabled, rate_limited, overloaded)
 */
export async function login(
  deps: Pick<
    UseCaseDeps,
    | 'accessTokens'
    | 'accounts'
    | 'audit'
    | 'journal'
    | 'knownSources'
    | 'limits'
    | 'newId'
    | 'now'
    | 'passwords'
    | 'refreshTokens'
    | 'registrations'
    | 'requests'
    | 'sessions'
    | 'settings'
    | 'trustedAddresses'
    | 'wakeWorker'
  >,
  { address, password }: LoginCredentials,
  context: UseCaseContext,
): Promise<SignInResult> {
  const signingIn = await limitPasswordAttempts(deps, { address, during: 'login' }, context, async () => {
    // Look up the accounts while the password is hashed. Hashing takes much longer, so the response time does
    // not reveal how long the look-up took.
    const known = candidates(deps, address);
    const [states, { current, stored }] = await Promise.all([
      known,
      deps.passwords.find(password, address, context, async (hash) => isHashOf(await known, hash)),
    ]);
    const state = states.find(({ passwordHash }) => stored !== undefined && isSameHash(passwordHash, stored));
    return state && { account: state, passwordHash: current };
  });
  if (signingIn === undefined) throw new Refused('invalid_credentials');
  const { account, passwordHash } = signingIn;
  if (account.disabled) {
    const data = {
      actor: 'unknown',
      accountId: account.userId,
      reason: 'disabled',
      during: 'login',
    } as const;
    deps.audit.record({ origin: context, occurrence: { type: 'LoginFailed', data } });
    throw new Refused('account_disabled');
  }
  const session = newSession(deps, account, context);
  const logins = { limit: 'login-account', key: account.userId } as const;
  await runWithinLimits(deps, [logins], async () => {
    await deps.sessions.create(session, { keep: deps.settings.sessionsPerAccount });
    return {};
  });
  const data = { actor: account.userId, accountId: account.userId, sessionId: session.id };
  deps.audit.record({ origin: context, occurrence: { type: 'LoginSucceeded', data } });
  // Trust the IP address only for a verified account, because the address of an unverified account may belong
  // to a stranger.
  if (account.status === 'verified')
    await runBestEffort(() => addTrustedIpAddress(deps, { address: account.address, ip: context.ip }));
  await runBestEffort(() => notifyOwnerOfNewSignInSource(deps, account, context));
  await runBestEffort(() => rehash(deps, account, passwordHash, context));
  return issueSessionTokens(deps, session, account);
}

function isHashOf(states: readonly LivingAccount[], hash: string): boolean {
  return states.some(({ passwordHash }) => isSameHash(passwordHash, hash));
}

/** Replaces the stored password hash of an account, unless it already has the current key and cost. */
async function rehash(
  { accounts }: Pick<UseCaseDeps, 'accounts'>,
  { userId, passwordHash: checkedHash }: LivingAccount,
  passwordHash: string,
  context: UseCaseContext,
): Promise<void> {
  if (isSameHash(checkedHash, passwordHash)) return;
  await accounts.execute(userId, context, () => ({ type: 'RehashPassword', checkedHash, passwordHash }));
}

/** Issues an access token and a refresh token for a session. */
export function issueSessionTokens(
  { accessTokens, refreshTokens }: Pick<UseCaseDeps, 'accessTokens' | 'refreshTokens'>,
  session: Pick<Session, 'id' | 'n'>,
  state: LivingAccount,
): SignInResult {
  return {
    ...accessTokens.issue({
      userId: state.userId,
      sessionId: session.id,
      verified: state.status === 'verified',
      role: state.role,
      sequence: state.sequence,
      profile: state,
    }),
    refreshToken: refreshTokens.issue(session.id, session.n),
    state,
  };
}

/**
 * Returns the accounts that a login with this address tries: the owner of the address, and then the pending
 * sign-ups. Reads the pending sign-ups first. Otherwise, a sign-up that is verified between the two reads
 * would be in neither result.
 */
async function candidates(
  deps: Pick<UseCaseDeps, 'accounts' | 'journal' | 'registrations'>,
  address: string,
): Promise<readonly LivingAccount[]> {
  const signUps = await loadPendingSignUps(deps, address);
  const account = await findAccountByAddress(deps, address);
  return account === undefined ? signUps : [account, ...signUps];
}

function newSession(
  {
    newId,
    now,
    refreshTokens: { kid },
    settings,
  }: Pick<UseCaseDeps, 'newId' | 'now' | 'refreshTokens' | 'settings'>,
  account: LivingAccount,
  { ip, userAgent }: UseCaseContext,
): Session {
  const at = now();
  return {
    id: newId(),
    userId: account.userId,
    n: 0,
    createdAt: at,
    rotatedAt: at,
    expiresAt: computeSessionExpiry(settings, { createdAt: at, at }),
    since: account.sequence,
    ip,
    userAgent,
    ...(kid !== undefined && { key: kid }),
  };
}
