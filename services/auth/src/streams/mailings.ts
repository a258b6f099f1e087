import type { MailingFact } from '../account/index.ts';
import {
  applyMailingFact,
  decideMailing,
  initialMailingState,
  isMailingFact,
  type MailingState,
  type RequestMailingCommand,
} from '../mailings/mailing.ts';
import type { AuthStores } from '../ports/stores.ts';
import { type CommandExecutor, type CommandExecutorDeps, createCommandExecutor } from './commands.ts';
import { createStreamLoader } from './streams.ts';

export type MailingCommandExecutor = CommandExecutor<MailingState, RequestMailingCommand, MailingFact>;

export function createMailingCommandExecutor(
  deps: CommandExecutorDeps & Pick<AuthStores, 'journal' | 'snapshots'>,
): MailingCommandExecutor {
  const { journal, snapshots } = deps;
  const streams = createStreamLoader<MailingState>({
    journal,
    snapshots,
    initial: initialMailingState,
    applyFact: (state, fact) => (isMailingFact(fact) ? applyMailingFact(state, fact) : state),
    stateVersion: 2,
  });
  return createCommandExecutor(
    {
      initial: initialMailingState,
      applyFact: applyMailingFact,
      decide: decideMailing,
      computeLookupKeys: () => ({}),
      owns: isMailingFact,
    },
    streams,
    deps,
  );
}
