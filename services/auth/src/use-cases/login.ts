/** Login by address and password: the owner of the address first, then its sign-ups, newest first. */
import type { AccountState } from '../account/index.ts';
import { sameHash } from '../account/same-hash.ts';
import type { Session } from '../ports/sessions.ts';
import { Refused } from '../refused.ts';
import { livingSignUps, ownerOf } from './address.ts';
import type { Context, Deps } from './deps.ts';
import { tryPassword } from './tries.ts';

/** What a login or a refresh hands out. */
export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly state: AccountState;
}

/** @throws Refused (invalid_credentials, account_disabled, rate_limited, unavailable) */
export function login(deps: Deps) {
  return async (address: string, password: string, context: Context): Promise<SignedIn> => {
    const account = await tryPassword(deps, { address, ip: context.ip }, async () => {
      // The look-up hides behind the hash, which takes much longer: its time tells nobody who lives there.
      const [states, passwordHash] = await Promise.all([
        candidates(deps, address),
        deps.passwords.hash(password, address, context.isAwaited),
      ]);
      return states.find((state) => sameHash(state.passwordHash, passwordHash));
    });
    if (account === undefined) throw new Refused('invalid_credentials');
    if (account.disabled) throw new Refused('account_disabled');
    const session = newSession(deps, account, context);
    await deps.sessions.create(session);
    return signedIn(deps, session, account);
  };
}

/** Tokens for a session as it is now. */
export function signedIn(
  { accessTokens, refreshTokens }: Pick<Deps, 'accessTokens' | 'refreshTokens'>,
  session: Pick<Session, 'id' | 'n'>,
  state: AccountState,
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

/** In this order: a sign-up that is verified in between is met as the owner. */
async function candidates(deps: Deps, address: string): Promise<readonly AccountState[]> {
  const signUps = await livingSignUps(deps, address);
  const owner = await ownerOf(deps, address);
  return owner === undefined ? signUps : [await deps.accounts.load(owner), ...signUps];
}

function newSession(
  { newId, now, settings }: Deps,
  account: AccountState,
  { ip, userAgent }: Context,
): Session {
  const at = now();
  return {
    id: newId(),
    userId: account.userId,
    n: 0,
    createdAt: at,
    rotatedAt: at,
    expiresAt: new Date(at.getTime() + settings.refreshDays * 86_400_000),
    since: account.sequence,
    ip,
    userAgent,
  };
}
