/** Login by address and password: the owner of the address first, then its sign-ups, newest first. */
import { Problem } from '@latchkey/service';
import type { AccountState } from '../account/index.ts';
import { sameHash } from '../account/same-hash.ts';
import { authProblems } from '../http/problems.ts';
import type { Session } from '../ports/sessions.ts';
import { reachable } from './accounts.ts';
import { livingSignUps, ownerOf } from './address.ts';
import type { Context, Deps } from './deps.ts';
import { demandAllowed } from './guard.ts';
import { isAlive } from './standing.ts';

/** What a login or a refresh hands out. */
export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly state: AccountState;
}

/** @throws Problem (invalid_credentials, account_disabled, rate_limited, unavailable) */
export const login =
  (deps: Deps) =>
  async (address: string, password: string, context: Context): Promise<SignedIn> => {
    await demandTries(deps, address, context.ip);
    const passwordHash = await deps.passwords.hash(password, address);
    const account = (await candidates(deps, address)).find((state) =>
      sameHash(state.passwordHash, passwordHash),
    );
    if (account === undefined) throw await failed(deps, address, context.ip);
    if (account.disabled) {
      throw new Problem(authProblems.account_disabled, { detail: 'This account has been disabled.' });
    }
    const session = newSession(deps, account, context);
    await reachable(() => deps.sessions.create(session));
    return signedIn(deps, session, account);
  };

/** Tokens for a session as it is now. */
export const signedIn = (
  { accessTokens, refreshTokens }: Pick<Deps, 'accessTokens' | 'refreshTokens'>,
  session: Pick<Session, 'id' | 'n'>,
  state: AccountState,
): SignedIn => ({
  ...accessTokens.issue({
    userId: state.userId,
    sessionId: session.id,
    verified: state.status === 'verified',
    role: state.role,
    sequence: state.sequence,
  }),
  refreshToken: refreshTokens.issue(session.id, session.n),
  state,
});

const candidates = async (deps: Deps, address: string): Promise<readonly AccountState[]> => {
  const [owner, signUps] = await Promise.all([
    reachable(() => ownerOf(deps, address)),
    reachable(() => livingSignUps(deps, address)),
  ]);
  return owner === undefined ? signUps : [await deps.accounts.load(owner), ...signUps];
};

const newSession = (
  { newId, now, settings }: Deps,
  account: AccountState,
  { ip, userAgent }: Context,
): Session => {
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
};

/**
 * Guessers run into the limit; the owner does not, from where he is logged in or has last reset his password:
 * else anybody could lock him out.
 */
const demandTries = async (deps: Deps, address: string, ip: string): Promise<void> => {
  const { limits } = deps;
  demandAllowed(await limits.peek('login-ip', ip));
  const allowance = await limits.peek('login-address', address);
  if (allowance.allowed || (await limits.trusted(address, ip)) || (await isLoggedInFrom(deps, address, ip)))
    return;
  demandAllowed(allowance);
};

const isLoggedInFrom = async (deps: Deps, address: string, ip: string): Promise<boolean> => {
  const owner = await reachable(() => ownerOf(deps, address));
  if (owner === undefined) return false;
  const state = await deps.accounts.load(owner);
  const sessions = await reachable(() => deps.sessions.list(owner, deps.now()));
  return sessions.some((session) => session.ip === ip && isAlive(state, session.since));
};

/** The same words for every reason. */
const failed = async ({ limits }: Deps, address: string, ip: string): Promise<Problem> => {
  await Promise.all([limits.take('login-address', address), limits.take('login-ip', ip)]);
  return new Problem(authProblems.invalid_credentials, {
    detail: 'The e-mail address or the password is not right.',
  });
};
