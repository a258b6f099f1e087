/** The states of accounts, folded from the journal. */
import { type AccountState, evolve, initialState, STATE_VERSION } from './account/index.ts';
import type { Stores } from './ports/stores.ts';
import { createStreams, type Streams } from './streams.ts';

export function accountStreams(stores: Pick<Stores, 'journal' | 'snapshots'>): Streams<AccountState> {
  return createStreams({
    journal: stores.journal,
    snapshots: stores.snapshots,
    initial: initialState,
    evolve: (state, fact) => (fact.type === 'MailRequested' ? state : evolve(state, fact)),
    stateVersion: STATE_VERSION,
  });
}
