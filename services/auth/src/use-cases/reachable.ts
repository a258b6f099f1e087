/** What a store's failure means to whoever asked. */
import { unavailable } from '@latchkey/http';
import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from '../ports/journal.ts';

/** Stores come back within moments; events that a newer release wrote are read once this one is replaced. */
const RETRY_SECONDS = { unavailable: 1, unreadable: 60 };

function isOfStores(error: unknown): error is StoreUnavailable | UnreadableCommit {
  return error instanceof StoreUnavailable || error instanceof UnreadableCommit;
}

/** @throws Problem (unavailable, with Retry-After) where a store cannot be reached or an account cannot be read. */
export async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOfStores(error)) throw error;
    throw error instanceof StoreUnavailable
      ? unavailable('Accounts cannot be reached. Try again.', RETRY_SECONDS.unavailable, error)
      : unavailable('This account cannot be read at present.', RETRY_SECONDS.unreadable, error);
  }
}

/**
 * What follows from a fact that is appended already. Where a store fails now, the caller is answered all the
 * same: sessions are dead by the fact alone, and the sweep does the rest.
 */
export async function followUp(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isOfStores(error)) throw error;
  }
}
