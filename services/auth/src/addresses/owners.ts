/** The accounts of an address: its owner, who has verified it, and sign-ups that are not verified yet. */
import {
  type AccountState,
  addressClaim,
  isLiving,
  type LivingAccount,
  type UnverifiedAccount,
} from '../account/index.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { UnreadableCommit } from '../ports/journal.ts';

type Needs = Pick<UseCaseDeps, 'journal' | 'registrations' | 'accounts'>;

/**
 * Returns the id of the account that holds the claim on a canonical address. A claim is a unique key in the journal.
 */
export function findOwnerId(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  address: string,
): Promise<string | undefined> {
  return journal.holder(addressClaim(address));
}

/**
 * Returns the account that currently has a canonical address; undefined if no account has it. The account that holds
 * the claim may have changed to a different address: it keeps the claim as long as that change can be undone.
 */
export async function findAccountByAddress(
  deps: Pick<UseCaseDeps, 'journal' | 'accounts'>,
  address: string,
): Promise<LivingAccount | undefined> {
  const account = await deps.accounts.load((await findOwnerId(deps, address)) ?? NONEXISTENT_ACCOUNT_ID);
  return isLiving(account) && account.address === address ? account : undefined;
}

/** The id that is looked up if an address has no owner, so that the response time reveals nothing. */
export const NONEXISTENT_ACCOUNT_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Returns the pending sign-ups of an address, newest first. Ends registrations that a crash left open although the
 * account is verified or ended. Leaves out accounts whose events cannot be read, so that they do not block the
 * other accounts of the address.
 */
export async function loadPendingSignUps(
  deps: Needs,
  address: string,
): Promise<readonly UnverifiedAccount[]> {
  const registrations = await deps.registrations.living(address);
  const states = await Promise.all(registrations.map(({ stream }) => loadReadable(deps, stream)));
  const over = registrations.filter((_, index) => isOver(states[index]));
  await Promise.all(over.map(({ stream }) => deps.registrations.settle(stream)));
  return states.filter((state) => state?.status === 'unverified');
}

function isOver(state: AccountState | undefined): boolean {
  return state !== undefined && state.status !== 'unverified';
}

/** Returns the state of an account; undefined if its events cannot be read. */
async function loadReadable({ accounts }: Needs, userId: string): Promise<AccountState | undefined> {
  try {
    return await accounts.load(userId);
  } catch (error) {
    if (error instanceof UnreadableCommit) return undefined;
    throw error;
  }
}

/** Ends the sign-ups of an address that another account has verified. */
export async function endOtherSignUps(
  deps: Needs,
  address: string,
  origin: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<void> {
  for (const { userId } of await loadPendingSignUps(deps, address))
    await supersede(deps, { address, userId }, origin);
}

async function supersede(
  deps: Needs,
  { address, userId }: Pick<UnverifiedAccount, 'address' | 'userId'>,
  { correlationId, traceparent }: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const { state } = await deps.accounts.execute(userId, { correlationId, traceparent }, async () => ({
    type: 'EndRegistration',
    reason: 'superseded',
    owner: await findOwnerId(deps, address),
  }));
  if (state.status === 'ended') await deps.registrations.settle(userId);
}
