/** Retries parked accounts of the read model. */
import {
  createParkedAccountRetrier,
  type EventRecord,
  isEventRefusal,
  type ParkedAccountRetrier,
  type ParkedAccountRetrierDeps,
  type RetryOutcome,
} from '@latchkey/consumer';
import type { GenerationPointer } from '../generation/pointer.ts';
import { applyEventToStoredAccount } from '../profile/apply-event.ts';
import { createEmptyStoredAccount, type StoredAccount } from '../profile/stored-account.ts';

/** The outcome of retrying an account in one generation. */
export interface GenerationRetryOutcome extends RetryOutcome {
  readonly generation: number;
}

/** Creates a retrier that reads the records of parked accounts again and applies them in one generation. */
export function createParkedRetrierForGeneration(
  deps: Omit<ParkedAccountRetrierDeps<StoredAccount>, 'first' | 'start' | 'handle'> & {
    /** Called for each event after it has been applied. */
    applied?(record: EventRecord): void;
  },
): ParkedAccountRetrier<StoredAccount> {
  return createParkedAccountRetrier({
    ...deps,
    first: 'one',
    start: createEmptyStoredAccount,
    handle(stored, record) {
      const result = applyEventToStoredAccount(stored, record);
      if (!isEventRefusal(result)) deps.applied?.(record);
      return result;
    },
  });
}

/**
 * Creates a function that retries a parked account in every generation that is being filled, because each of them may
 * become the active one. The function returns the worst outcome. If several outcomes are equally bad, it prefers the
 * outcome of the active generation.
 */
export function createParkedRetrierForAllGenerations(deps: {
  pointer(): Promise<Pick<GenerationPointer, 'active' | 'running'>>;
  retryIn(generation: number): Pick<ParkedAccountRetrier<StoredAccount>, 'retry'>;
}) {
  return async (account: string): Promise<GenerationRetryOutcome> => {
    const { active, running } = await deps.pointer();
    async function retry(generation: number) {
      return { ...(await deps.retryIn(generation).retry(account)), generation };
    }
    const others: GenerationRetryOutcome[] = [];
    for (const generation of running.filter((each) => each !== active)) others.push(await retry(generation));
    return others.reduce(worse, await retry(active));
  };
}

/** The possible results of a retry, from best to worst. */
const RESULTS: readonly RetryOutcome['result'][] = ['not parked', 'unparked', 'still parked'];

function worse(worst: GenerationRetryOutcome, other: GenerationRetryOutcome): GenerationRetryOutcome {
  return RESULTS.indexOf(other.result) > RESULTS.indexOf(worst.result) ? other : worst;
}
