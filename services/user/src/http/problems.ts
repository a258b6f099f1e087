/** Maps failures of the service to problems. */
import { type Problem, unavailable } from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';
import { type WaitRefusal, WaitRefused } from '../projection/sequence-waiter.ts';

const waitProblems: Record<WaitRefusal, () => Problem> = {
  behind: () => unavailable('The read model has not caught up yet. Try again.'),
  crowded: () => unavailable('Too many requests are waiting for the read model. Try again.'),
  parked: () => unavailable('This account is being repaired. Try again later.', 30),
};

/**
 * Runs the work, and maps its failures to problems.
 * @throws Problem (unavailable) if the store fails or a wait is refused; other errors unchanged
 */
export async function answerFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WaitRefused) throw waitProblems[error.kind]();
    if (error instanceof StoreUnavailable)
      throw unavailable('Profiles cannot be reached. Try again.', 1, error);
    throw error;
  }
}
