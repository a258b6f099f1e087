import type { MailingFact } from '../account/index.ts';
import {
  decideMailing,
  evolveMailing,
  initialMailing,
  isMailingFact,
  type MailingState,
  type RequestMail,
} from '../mailings/mailing.ts';
import type { Stores } from '../ports/stores.ts';
import { type Commands, type CommandsDeps, createCommands } from './commands.ts';
import { createStreams } from './streams.ts';

export type Mailings = Commands<MailingState, RequestMail, MailingFact>;

export function createMailings(deps: CommandsDeps & Pick<Stores, 'journal' | 'snapshots'>): Mailings {
  const { journal, snapshots } = deps;
  const streams = createStreams<MailingState>({
    journal,
    snapshots,
    initial: initialMailing,
    evolve: (state, fact) => (isMailingFact(fact) ? evolveMailing(state, fact) : state),
    stateVersion: 2,
  });
  return createCommands(
    {
      initial: initialMailing,
      evolve: evolveMailing,
      decide: decideMailing,
      lookupKeysOf: () => ({}),
      owns: isMailingFact,
    },
    streams,
    deps,
  );
}
