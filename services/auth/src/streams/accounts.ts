import {
  ACCOUNT_STATE_VERSION,
  type AccountCommand,
  type AccountFact,
  type AccountState,
  computeLookupKeys,
  decide,
  evolve,
  initialAccountState,
  isAccountFact,
} from '../account/index.ts';
import type { Stores } from '../ports/stores.ts';
import { type CommandOutcome, type Commands, type CommandsDeps, createCommands } from './commands.ts';
import { createStreams } from './streams.ts';

export type Accounts = Commands<AccountState, AccountCommand, AccountFact>;
export type AccountOutcome = CommandOutcome<AccountState, AccountFact>;

/**
 * Creates the commands on accounts. A stream that belongs to a mailing is treated as a nonexistent account.
 */
export function createAccounts(deps: CommandsDeps & Pick<Stores, 'journal' | 'snapshots'>): Accounts {
  const { journal, snapshots } = deps;
  const streams = createStreams<AccountState>({
    journal,
    snapshots,
    initial: initialAccountState,
    evolve: (state, fact) => (isAccountFact(fact) ? evolve(state, fact) : state),
    stateVersion: ACCOUNT_STATE_VERSION,
  });
  return createCommands(
    { initial: initialAccountState, evolve, decide, lookupKeysOf: computeLookupKeys, owns: isAccountFact },
    streams,
    deps,
  );
}
