/** Login by address and password: the owner of the address first, then its sign-ups, newest first. */
import { isLiving, type Living, sameHash } from '../account/index.ts';
import { livingSignUps, ownerOf } from '../addresses/owners.ts';
import { bestEffort } from '../best-effort.ts';
import type { Context, Deps } from '../deps.ts';
import { limitPasswordAttempts } from '../passwords/attempts.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import { sessionEnd } from './session-end.ts';

/** The result of a login or a refresh. */
export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly state: Living;
}

export interface Login {
  /** Canonical. */
  readonly address: string;
  readonly password: string;
}

/** Signs a person in. @throws Refused (invalid_credentials, account_disabled, rate_limited, overloaded) */
export async function login(
  deps: Pick<
    Deps,
    | 'accessTokens'
    | 'accounts'
    | 'journal'
    | 'limits'
    | 'newId'
    | 'now'
    | 'passwords'
    | 'refreshTokens'
    | 'registrations'
    | 'sessions'
    | 'settings'
    | 'trustedAddresses'
  >,
  { address, password }: Login,
  context: Context,
): Promise<SignedIn> {
  const account = await limitPasswordAttempts(deps, { address, ip: context.ip }, async () => {
    // In parallel with the much slower hash, so that the time of the look-up reveals nothing.
    const [states, passwordHash] = await Promise.all([
      candidates(deps, address),
      deps.passwords.hash(password, address, context),
    ]);
    return states.find((state) => sameHash(state.passwordHash, passwordHash));
  });
  if (account === undefined) throw new Refused('invalid_credentials');
  if (account.disabled) throw new Refused('account_disabled');
  const session = newSession(deps, account, context);
  await deps.sessions.create(session);
  await bestEffort(() => deps.sessions.removeOldest(account.userId, deps.settings.sessionsPerAccount));
  return signedIn(deps, session, account);
}

/** Issues the tokens of a session. */
export function signedIn(
  { accessTokens, refreshTokens }: Pick<Deps, 'accessTokens' | 'refreshTokens'>,
  session: Pick<Session, 'id' | 'n'>,
  state: Living,
): SignedIn {
  return {
    ...accessTokens.issue({
      userId: state.userId,
      sessionId: session.id,
      verified: state.status === 'verified',
      role: state.role,
      sequence: state.sequence,
    }),
    refreshToken: refreshTokens.issue(session.id, session.n),
    state,
  };
}

/** Reads the owner last: a sign-up that is verified in between is found as the owner. */
async function candidates(
  deps: Pick<Deps, 'accounts' | 'journal' | 'registrations'>,
  address: string,
): Promise<readonly Living[]> {
  const signUps = await livingSignUps(deps, address);
  const owner = await ownerOf(deps, address);
  if (owner === undefined) return signUps;
  const account = await deps.accounts.load(owner);
  return isLiving(account) ? [account, ...signUps] : signUps;
}

function newSession(
  { newId, now, settings }: Pick<Deps, 'newId' | 'now' | 'settings'>,
  account: Living,
  { ip, userAgent }: Context,
): Session {
  const at = now();
  return {
    id: newId(),
    userId: account.userId,
    n: 0,
    createdAt: at,
    rotatedAt: at,
    expiresAt: sessionEnd(settings, { createdAt: at, at }),
    since: account.sequence,
    ip,
    userAgent,
  };
}
