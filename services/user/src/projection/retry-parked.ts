/** Retries a parked account in the generations of the read model. */
import { createRetryParked, type RetryDeps, type RetryOutcome } from '@latchkey/consumer';
import type { Pointer } from '../generation/pointer.ts';
import { applyEvent } from '../profile/apply-event.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';

/** The outcome in one of several generations. */
export interface RetriedIn extends RetryOutcome {
  readonly generation: number;
}

type Retry = (account: string) => Promise<RetryOutcome>;

/** Returns a function that retries an account in one generation. */
export function createRetry(deps: Omit<RetryDeps<StoredAccount>, 'first' | 'start' | 'handle'>): Retry {
  return createRetryParked({ ...deps, first: 'one', start: unknownAccount, handle: applyEvent });
}

/**
 * Returns a function that retries an account in each generation that is filled, so that it is also repaired in one that
 * may become active. It returns the worst outcome; of equal ones, that in the active generation.
 */
export function createRetryInEach(deps: {
  pointer(): Promise<Pick<Pointer, 'active' | 'running'>>;
  retryIn(generation: number): Retry;
}) {
  return async (account: string): Promise<RetriedIn> => {
    const { active, running } = await deps.pointer();
    async function retry(generation: number) {
      return { ...(await deps.retryIn(generation)(account)), generation };
    }
    const others: RetriedIn[] = [];
    for (const generation of running.filter((each) => each !== active)) others.push(await retry(generation));
    return others.reduce(worse, await retry(active));
  };
}

/** From best to worst. */
const RESULTS: readonly RetryOutcome['result'][] = ['not parked', 'goes on', 'still parked'];

function worse(worst: RetriedIn, other: RetriedIn): RetriedIn {
  return RESULTS.indexOf(other.result) > RESULTS.indexOf(worst.result) ? other : worst;
}
