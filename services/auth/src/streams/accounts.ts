import {
  ACCOUNT_STATE_VERSION,
  type AccountCommand,
  type AccountFact,
  type AccountState,
  applyAccountFact,
  computeLookupKeys,
  decide,
  initialAccountState,
  isAccountFact,
} from '../account/index.ts';
import type { AuthStores } from '../ports/stores.ts';
import {
  type CommandExecutor,
  type CommandExecutorDeps,
  type CommandOutcome,
  createCommandExecutor,
} from './commands.ts';
import { createStreamLoader } from './streams.ts';

export type AccountCommandExecutor = CommandExecutor<AccountState, AccountCommand, AccountFact>;
export type AccountCommandOutcome = CommandOutcome<AccountState, AccountFact>;

/**
 * Creates the executor of commands on accounts. A stream that belongs to a mailing is treated as a
 * nonexistent account.
 */
export function createAccountCommandExecutor(
  deps: CommandExecutorDeps & Pick<AuthStores, 'journal' | 'snapshots'>,
): AccountCommandExecutor {
  const { journal, snapshots } = deps;
  const streams = createStreamLoader<AccountState>({
    journal,
    snapshots,
    initial: initialAccountState,
    applyFact: (state, fact) => (isAccountFact(fact) ? applyAccountFact(state, fact) : state),
    stateVersion: ACCOUNT_STATE_VERSION,
  });
  return createCommandExecutor(
    {
      initial: initialAccountState,
      applyFact: applyAccountFact,
      decide,
      computeLookupKeys: computeLookupKeys,
      owns: isAccountFact,
    },
    streams,
    deps,
  );
}
