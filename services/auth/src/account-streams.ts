/** The states of accounts, folded from the journal. */
import { type AccountState, evolve, initialState, STATE_VERSION } from './account/index.ts';
import type { Journal } from './ports/journal.ts';
import { createStreams, type Streams } from './streams.ts';

export function accountStreams(journal: Journal): Streams<AccountState> {
  return createStreams({
    journal,
    initial: initialState,
    evolve: (state, fact) => (fact.type === 'MailRequested' ? state : evolve(state, fact)),
    stateVersion: STATE_VERSION,
  });
}
