/** What the store's failure means to whoever asked. */
import { unavailable } from '@latchkey/service';
import { StoreUnavailable } from '../ports/store-unavailable.ts';

/** Stores come back within moments. */
const RETRY_SECONDS = 1;

/** @throws Problem (unavailable, with Retry-After) where the store cannot be reached. */
export async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw unavailable('Profiles cannot be reached. Try again.', RETRY_SECONDS, error);
  }
}
