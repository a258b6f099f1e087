/**
 * Finds the accounts of an address: the account that has verified the address, and sign-ups that have not
 * verified it yet.
 */
import {
  type AccountState,
  isLivingAccount,
  type LivingAccount,
  toAddressClaim,
  type UnverifiedAccount,
} from '../account/index.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { UnreadableCommit } from '../ports/journal.ts';

type OwnerDeps = Pick<UseCaseDeps, 'journal' | 'registrations' | 'accounts'>;

/**
 * Returns the id of the account that holds the claim on a canonical address. A claim is a unique key in the
 * journal.
 */
export function findAddressOwnerId(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  address: string,
): Promise<string | undefined> {
  return journal.holder(toAddressClaim(address));
}

/**
 * Returns the account whose current address is the given canonical address; undefined if there is none. An
 * account that has changed to a different address still holds the claim while the change can be undone, but
 * is not returned.
 */
export async function findAccountByAddress(
  deps: Pick<UseCaseDeps, 'journal' | 'accounts'>,
  address: string,
): Promise<LivingAccount | undefined> {
  const account = await deps.accounts.load(
    (await findAddressOwnerId(deps, address)) ?? NONEXISTENT_ACCOUNT_ID,
  );
  return isLivingAccount(account) && account.address === address ? account : undefined;
}

/**
 * The id of an account that does not exist. If an address has no owner, auth loads this account instead, so
 * that the response takes as long as for an address with an owner.
 */
export const NONEXISTENT_ACCOUNT_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Returns the unverified sign-ups of an address, newest first. Leaves out accounts whose events cannot be
 * read, so that they do not block the others. After a crash, a verified or ended sign-up may still be listed
 * as pending; this function removes such a sign-up from the list.
 */
export async function loadPendingSignUps(
  deps: OwnerDeps,
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
async function loadReadable({ accounts }: OwnerDeps, userId: string): Promise<AccountState | undefined> {
  try {
    return await accounts.load(userId);
  } catch (error) {
    if (error instanceof UnreadableCommit) return undefined;
    throw error;
  }
}

/** Ends the other unverified sign-ups of an address after an account has verified the address. */
export async function endUnverifiedSignUpsForAddress(
  deps: OwnerDeps,
  address: string,
  origin: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<void> {
  for (const { userId } of await loadPendingSignUps(deps, address))
    await supersede(deps, { address, userId }, origin);
}

async function supersede(
  deps: OwnerDeps,
  { address, userId }: Pick<UnverifiedAccount, 'address' | 'userId'>,
  { correlationId, traceparent }: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const { state } = await deps.accounts.execute(userId, { correlationId, traceparent }, async () => ({
    type: 'EndRegistration',
    reason: 'superseded',
    owner: await findAddressOwnerId(deps, address),
  }));
  if (state.status === 'ended') await deps.registrations.settle(userId);
}
