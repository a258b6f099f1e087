import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from './ports/journal.ts';

/**
 * Runs the follow-up of an event that is already appended, and ignores failures of the store: the event alone ends
 * the sessions, and the cleanup job does the rest later.
 */
export async function bestEffort(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof UnreadableCommit)) throw error;
  }
}
