import type { MailingFact } from '../account/index.ts';
import {
  decideMailing,
  evolveMailing,
  initialMailingState,
  isMailingFact,
  type MailingState,
  type RequestMailCommand,
} from '../mailings/mailing.ts';
import type { AuthStores } from '../ports/stores.ts';
import { type CommandExecutor, type CommandExecutorDeps, createCommandExecutor } from './commands.ts';
import { createStreamLoader } from './streams.ts';

export type MailingCommandExecutor = CommandExecutor<MailingState, RequestMailCommand, MailingFact>;

export function createMailingCommandExecutor(
  deps: CommandExecutorDeps & Pick<AuthStores, 'journal' | 'snapshots'>,
): MailingCommandExecutor {
  const { journal, snapshots } = deps;
  const streams = createStreamLoader<MailingState>({
    journal,
    snapshots,
    initial: initialMailingState,
    evolve: (state, fact) => (isMailingFact(fact) ? evolveMailing(state, fact) : state),
    stateVersion: 2,
  });
  return createCommandExecutor(
    {
      initial: initialMailingState,
      evolve: evolveMailing,
      decide: decideMailing,
      computeLookupKeys: () => ({}),
      owns: isMailingFact,
    },
    streams,
    deps,
  );
}
