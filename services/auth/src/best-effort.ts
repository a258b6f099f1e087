import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from './ports/journal.ts';

/**
 * Runs a follow-up of an event that is already appended, and ignores store failures: the event alone ends the
 * sessions, and the cleanup job repairs the rest.
 */
export async function bestEffort(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof UnreadableCommit)) throw error;
  }
}
