import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from './ports/journal.ts';

/**
 * Runs the follow-up work of an event that is already appended, and ignores failures of the store: the event alone is
 * sufficient to end sessions, and the clean-up job repeats the work later.
 */
export async function bestEffort(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof UnreadableCommit)) throw error;
  }
}
