/** Limits how long one request may wait for the store, in case the store responds slowly. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreUnavailable } from './store-unavailable.ts';

/**
 * The total time that a request may wait for the store, in ms. After this time, the request may begin no
 * further call to the store. A call in progress is not interrupted, because its outcome would then be
 * unknown. With the default time limit of a call to MongoDB (4.5 s), a request waits for less than 10 s in
 * total, unless MongoDB's driver retries its last call.
 */
const BUDGET_MS = 5000;

interface TimeBudget {
  /** Returns whether the request has used up its time, so that it may begin no further call to the store. */
  isSpent(): boolean;
  /**
   * Starts to measure the time of a call to the store; the returned function ends the measurement. If several
   * calls of a request run at the same time, the time is counted only once.
   */
  beginCall(): () => void;
  /** Removes the limit on the time that the request may wait for the store. */
  lift(): void;
}

const budgets = new AsyncLocalStorage<TimeBudget>();

function createTimeBudget(monotonic: () => number): TimeBudget {
  let spentMs = 0;
  let calls = 0;
  let since = 0;
  let isLifted = false;
  function spentNow(): number {
    return calls === 0 ? spentMs : spentMs + monotonic() - since;
  }
  return {
    isSpent: () => !isLifted && spentNow() >= BUDGET_MS,
    beginCall() {
      if (calls === 0) since = monotonic();
      calls += 1;
      return () => {
        if (calls === 1) spentMs = spentNow();
        calls -= 1;
      };
    },
    lift() {
      isLifted = true;
    },
  };
}

/**
 * Runs the work of a request. Once the work has waited for the store for 5 s in total, every further call of
 * a store's port rejects with StoreUnavailable before anything is sent. Only the time of calls to the store
 * counts. Work that continues after the request is not limited.
 * @param monotonic returns the monotonic time in ms. Default: `performance.now`
 */
export async function runWithTimeBudget<T>(
  work: () => Promise<T>,
  monotonic: () => number = () => performance.now(),
): Promise<T> {
  const budget = createTimeBudget(monotonic);
  try {
    return await budgets.run(budget, work);
  } finally {
    budget.lift();
  }
}

/**
 * Removes the limit on the time that the current request may wait for the store. Must be called after the
 * request has changed something, because the response must then report the change, and not a failure. Does
 * nothing outside of a request.
 */
export function disableTimeBudget(): void {
  budgets.getStore()?.lift();
}

/**
 * Checks that the current request may still call the store, and starts to measure the time of a call. Must be
 * called before each call to the store.
 * @returns a function that must be called after the call
 * @throws StoreUnavailable if the current request has used up its time
 */
export function beginStoreCall(): () => void {
  const budget = budgets.getStore();
  if (budget === undefined) return () => undefined;
  if (budget.isSpent()) throw new StoreUnavailable(new Error('it responds too slowly'));
  return budget.beginCall();
}
