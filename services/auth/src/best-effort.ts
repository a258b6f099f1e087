import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from './ports/journal.ts';

/**
 * Runs follow-up work after an event was appended, and ignores failures of the store. This is safe because
 * the event takes effect without the follow-up work, which auth's clean-up job repeats.
 */
export async function runBestEffort(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof UnreadableCommit)) throw error;
  }
}
