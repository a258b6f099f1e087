import {
  type AccountFact,
  type AccountState,
  type Command,
  decide,
  evolve,
  initialState,
  isAccountFact,
  lookupKeysOf,
  STATE_VERSION,
} from '../account/index.ts';
import type { Stores } from '../ports/stores.ts';
import { type CommandOutcome, type Commands, type CommandsDeps, createCommands } from './commands.ts';
import { createStreams } from './streams.ts';

export type Accounts = Commands<AccountState, Command, AccountFact>;
export type AccountOutcome = CommandOutcome<AccountState, AccountFact>;

/**
 * Creates the commands on accounts. A stream that belongs to a mailing is treated as a nonexistent account.
 */
export function createAccounts(deps: CommandsDeps & Pick<Stores, 'journal' | 'snapshots'>): Accounts {
  const { journal, snapshots } = deps;
  const streams = createStreams<AccountState>({
    journal,
    snapshots,
    initial: initialState,
    evolve: (state, fact) => (isAccountFact(fact) ? evolve(state, fact) : state),
    stateVersion: STATE_VERSION,
  });
  return createCommands(
    { initial: initialState, evolve, decide, lookupKeysOf, owns: isAccountFact },
    streams,
    deps,
  );
}
