/** Maps errors of the user service to HTTP problems. */
import { createUnavailableProblem, type Problem } from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';
import { type SequenceWaitRefusal, SequenceWaitRefused } from '../projection/sequence-waiter.ts';

export const unavailableDetailTexts = {
  behind: 'The read model has not caught up yet. Try again.',
  crowded: 'Too many requests are waiting for the read model. Try again.',
  parked: 'This account is being repaired. Try again later.',
  store: 'Profiles cannot be reached. Try again.',
} as const;

const waitProblems: Record<SequenceWaitRefusal, () => Problem> = {
  behind: () => createUnavailableProblem(unavailableDetailTexts.behind),
  crowded: () => createUnavailableProblem(unavailableDetailTexts.crowded),
  parked: () => createUnavailableProblem(unavailableDetailTexts.parked, 30),
};

/**
 * Runs `work`, and maps its errors to problems.
 * @throws Problem if the store fails, or if a wait for the read model is refused (behind, crowded or parked);
 *   other errors unchanged
 */
export async function mapFailuresToProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SequenceWaitRefused) throw waitProblems[error.kind]();
    if (error instanceof StoreUnavailable)
      throw createUnavailableProblem(unavailableDetailTexts.store, 1, error);
    throw error;
  }
}
