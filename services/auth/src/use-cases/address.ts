/** Who lives at an address: its owner, who has proven it, and sign-ups that nobody has proven yet. */
import { type AccountState, addressClaim } from '../account/index.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import type { Context, Deps } from './deps.ts';

type Needs = Pick<Deps, 'journal' | 'registrations' | 'accounts'>;

/** The account that holds the claim on a canonical address. */
export function ownerOf({ journal }: Pick<Deps, 'journal'>, address: string): Promise<string | undefined> {
  return journal.holder(addressClaim(address));
}

/**
 * The living unverified sign-ups of an address, newest first. A mark that a crash left on one that is
 * verified or ended is taken off on the way. One whose events cannot be read is left out: that is no reason
 * to turn away whoever else has the address.
 */
export async function livingSignUps(deps: Needs, address: string): Promise<readonly AccountState[]> {
  return (await openSignUps(deps, address)).flatMap(({ state }) => state ?? []);
}

/** Whether sign-ups besides an account's own live; one that cannot be read may. */
export async function isContested(deps: Needs, address: string, userId: string): Promise<boolean> {
  return (await openSignUps(deps, address)).some(({ stream }) => stream !== userId);
}

interface OpenSignUp {
  readonly stream: string;
  /** Undefined: its events cannot be read. */
  readonly state: AccountState | undefined;
}

async function openSignUps(deps: Needs, address: string): Promise<readonly OpenSignUp[]> {
  const marked = await deps.registrations.living(address);
  const signUps = await Promise.all(
    marked.map(async ({ stream }) => ({ stream, state: await readable(deps, stream) })),
  );
  function isOver({ state }: OpenSignUp) {
    return state !== undefined && state.status !== 'unverified';
  }
  await Promise.all(signUps.filter(isOver).map(({ stream }) => deps.registrations.settle(stream)));
  return signUps.filter((signUp) => !isOver(signUp));
}

async function readable({ accounts }: Needs, userId: string): Promise<AccountState | undefined> {
  try {
    return await accounts.load(userId);
  } catch (error) {
    if (error instanceof UnreadableCommit) return undefined;
    throw error;
  }
}

/** Ends the sign-ups of an address that another account has proven. */
export async function supersedeOthers(
  deps: Needs,
  address: string,
  origin: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> {
  for (const { userId } of await livingSignUps(deps, address)) await supersede(deps, userId, origin);
}

async function supersede(
  deps: Needs,
  userId: string,
  { correlationId, traceparent }: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const { state } = await deps.accounts.execute(
    userId,
    { correlationId, traceparent },
    async ({ address }) => ({
      type: 'EndRegistration',
      reason: 'superseded',
      owner: await ownerOf(deps, address),
    }),
  );
  if (state.status === 'ended') await deps.registrations.settle(userId);
}
