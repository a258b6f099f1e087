/** Who lives at an address: its owner, who has proven it, and sign-ups that nobody has proven yet. */
import { type AccountState, addressClaim } from '../account/index.ts';
import type { Context, Deps } from './deps.ts';

type Needs = Pick<Deps, 'journal' | 'accounts'>;

/** The account that holds the claim on a canonical address. */
export const ownerOf = ({ journal }: Pick<Deps, 'journal'>, address: string): Promise<string | undefined> =>
  journal.holder(addressClaim(address));

/**
 * The living unverified sign-ups of an address, newest first. A mark that a crash left on one that is
 * verified or ended is taken off on the way.
 */
export const livingSignUps = async (
  { journal, accounts }: Needs,
  address: string,
): Promise<readonly AccountState[]> => {
  const marked = await journal.living(address);
  const states = await Promise.all(marked.map(({ stream }) => accounts.load(stream)));
  const over = marked.filter((_, i) => states[i]?.status !== 'unverified');
  await Promise.all(over.map(({ stream }) => journal.settle(stream)));
  return states.filter(({ status }) => status === 'unverified');
};

/** Ends the sign-ups of an address that another account has proven. */
export const supersedeOthers = async (
  deps: Needs,
  address: string,
  origin: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> => {
  for (const { userId } of await livingSignUps(deps, address)) await supersede(deps, userId, origin);
};

const supersede = async (
  deps: Needs,
  userId: string,
  { correlationId, traceparent }: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> => {
  const { state } = await deps.accounts.execute(
    userId,
    { correlationId, traceparent },
    async ({ address }) => ({
      type: 'EndRegistration',
      reason: 'superseded',
      owner: await ownerOf(deps, address),
    }),
  );
  if (state.status === 'ended') await deps.journal.settle(userId);
};
