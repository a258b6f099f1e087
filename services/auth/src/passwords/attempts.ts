/** Limits on password attempts. They stop guessing, but must not lock out the owner of the address. */
import { ownerOf } from '../addresses/owners.ts';
import { bestEffort } from '../best-effort.ts';
import type { Deps } from '../deps.ts';
import { assertAllowed } from '../limits/assert-allowed.ts';
import { ipKey } from '../limits/ip-key.ts';
import { sessionStatus } from '../sessions/session-status.ts';

type Needs = Pick<Deps, 'accounts' | 'journal' | 'sessions' | 'limits' | 'trustedAddresses' | 'now'>;

interface Source {
  /** Canonical. */
  readonly address: string;
  readonly ip: string;
}

/**
 * Runs an attempt, counted against its address beforehand, so that concurrent guesses cannot bypass the limit. The
 * count is given back if the password was right or could not be checked.
 * @param attempt resolves with undefined if the password was wrong
 * @throws Refused (rate_limited), and whatever `attempt` throws
 */
export async function limitPasswordAttempts<T>(
  deps: Needs,
  source: Source,
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { limits } = deps;
  const network = ipKey(source.ip);
  assertAllowed(await limits.peek('login-ip', network));
  const counted = await limits.take('login-address', source.address);
  if (!counted.allowed && !(await isKnownSource(deps, source))) assertAllowed(counted);
  async function giveBack(): Promise<void> {
    if (counted.allowed) await bestEffort(() => limits.giveBack('login-address', source.address));
  }
  const result = await attempt().catch(async (error: unknown) => {
    await giveBack();
    throw error;
  });
  if (result === undefined) await limits.take('login-ip', network);
  else await giveBack();
  return result;
}

/** Sessions that are looked at: the newest logins. */
const RECENT_SESSIONS = 50;

/** An id to look up if the address has no owner. */
const NO_ACCOUNT = '00000000-0000-0000-0000-000000000000';

/**
 * Returns whether the owner of the address is signed in from this IP, or last reset the password from it; otherwise
 * anybody could lock the owner out. Takes the same steps for every address, so that the time of a refusal reveals
 * nothing.
 */
async function isKnownSource(deps: Needs, { address, ip }: Source): Promise<boolean> {
  const trusted = await deps.trustedAddresses.isTrusted({ address, ip }, deps.now());
  const owner = (await ownerOf(deps, address)) ?? NO_ACCOUNT;
  const state = await deps.accounts.load(owner);
  const sessions = await deps.sessions.list(owner, deps.now(), { limit: RECENT_SESSIONS });
  const isSignedIn = sessions.some(
    (session) => ipKey(session.ip) === ipKey(ip) && sessionStatus(state, session) === 'active',
  );
  return trusted || isSignedIn;
}
