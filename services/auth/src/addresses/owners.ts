/** The accounts of an address: its owner, who has verified it, and sign-ups that are still unverified. */
import { type AccountState, addressClaim, type Unverified } from '../account/index.ts';
import type { Context, Deps } from '../deps.ts';
import { UnreadableCommit } from '../ports/journal.ts';

type Needs = Pick<Deps, 'journal' | 'registrations' | 'accounts'>;

/** Returns the id of the account that holds the claim on a canonical address. */
export function ownerOf({ journal }: Pick<Deps, 'journal'>, address: string): Promise<string | undefined> {
  return journal.holder(addressClaim(address));
}

/**
 * Returns the pending sign-ups of an address, newest first. Settles registrations that a crash left open although
 * the account is verified or ended. Omits accounts whose events cannot be read, so that they do not block the other
 * accounts of the address.
 */
export async function livingSignUps(deps: Needs, address: string): Promise<readonly Unverified[]> {
  return (await openSignUps(deps, address)).flatMap(({ state }) =>
    state?.status === 'unverified' ? [state] : [],
  );
}

/** Returns whether the address has another pending sign-up. An account whose events cannot be read counts as one. */
export async function isContested(deps: Needs, address: string, userId: string): Promise<boolean> {
  return (await openSignUps(deps, address)).some(({ stream }) => stream !== userId);
}

interface OpenSignUp {
  readonly stream: string;
  /** Undefined if its events cannot be read. */
  readonly state: AccountState | undefined;
}

async function openSignUps(deps: Needs, address: string): Promise<readonly OpenSignUp[]> {
  const registrations = await deps.registrations.living(address);
  const signUps = await Promise.all(
    registrations.map(async ({ stream }) => ({ stream, state: await loadReadable(deps, stream) })),
  );
  await Promise.all(signUps.filter(isOver).map(({ stream }) => deps.registrations.settle(stream)));
  return signUps.filter((signUp) => !isOver(signUp));
}

function isOver({ state }: OpenSignUp): boolean {
  return state !== undefined && state.status !== 'unverified';
}

async function loadReadable({ accounts }: Needs, userId: string): Promise<AccountState | undefined> {
  try {
    return await accounts.load(userId);
  } catch (error) {
    if (error instanceof UnreadableCommit) return undefined;
    throw error;
  }
}

/** Ends the sign-ups of an address that another account has verified. */
export async function supersedeOthers(
  deps: Needs,
  address: string,
  origin: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> {
  for (const { userId } of await livingSignUps(deps, address))
    await supersede(deps, { address, userId }, origin);
}

async function supersede(
  deps: Needs,
  { address, userId }: Pick<Unverified, 'address' | 'userId'>,
  { correlationId, traceparent }: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const { state } = await deps.accounts.execute(userId, { correlationId, traceparent }, async () => ({
    type: 'EndRegistration',
    reason: 'superseded',
    owner: await ownerOf(deps, address),
  }));
  if (state.status === 'ended') await deps.registrations.settle(userId);
}
