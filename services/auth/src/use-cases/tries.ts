/** Tries at a password: guessers run into the limit; whoever belongs to the address does not. */
import { ipKey } from '../credentials/ip-key.ts';
import { ownerOf } from './address.ts';
import { bestEffort } from './best-effort.ts';
import type { Deps } from './deps.ts';
import { assertAllowed } from './guard.ts';
import { isAlive } from './standing.ts';

type Needs = Pick<Deps, 'accounts' | 'journal' | 'sessions' | 'limits' | 'trustedAddresses' | 'now'>;

interface Who {
  /** Canonical. */
  readonly address: string;
  readonly ip: string;
}

/**
 * Tries a password, counted against its address before it is looked at: guesses that come all at once cannot
 * slip past the limit. One that was right, or that could not be checked, is taken back.
 * @param attempt resolves with nothing where the password was wrong
 * @throws Refused (rate_limited), or what `attempt` throws
 */
export async function tryPassword<T>(
  deps: Needs,
  who: Who,
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { limits } = deps;
  const network = ipKey(who.ip);
  assertAllowed(await limits.peek('login-ip', network));
  const counted = await limits.take('login-address', who.address);
  if (!counted.allowed && !(await isKnownFrom(deps, who))) assertAllowed(counted);
  /** A point too few hurts less than an answer that denies what is done. */
  async function takeBack(): Promise<void> {
    if (counted.allowed) await bestEffort(() => limits.giveBack('login-address', who.address));
  }
  const result = await attempt().catch(async (error: unknown) => {
    await takeBack();
    throw error;
  });
  if (result === undefined) await limits.take('login-ip', network);
  else await takeBack();
  return result;
}

/** What is looked up for an address that nobody has proven. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Whether the owner of the address is logged in there, or has last reset the password from there: else anybody
 * could lock him out. Takes the same steps for every address: how long a refusal takes must not tell.
 */
async function isKnownFrom(deps: Needs, { address, ip }: Who): Promise<boolean> {
  const trusted = await deps.trustedAddresses.isTrusted({ address, ip }, deps.now());
  const owner = (await ownerOf(deps, address)) ?? NOBODY;
  const state = await deps.accounts.load(owner);
  const sessions = await deps.sessions.list(owner, deps.now());
  const loggedIn = sessions.some(
    (session) => ipKey(session.ip) === ipKey(ip) && isAlive(state, session.since),
  );
  return trusted || loggedIn;
}
