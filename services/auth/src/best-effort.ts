import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from './ports/journal.ts';

/**
 * Runs follow-up work after an event was appended, and ignores failures of the store. Ignoring them is safe,
 * because the event takes effect without the follow-up work, and auth's clean-up job repeats this work.
 */
export async function runBestEffort(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof UnreadableCommit)) throw error;
  }
}
