/** Retries parked accounts of the read model. */
import {
  createParkedAccountRetrier,
  type EventRecord,
  isRefusedEvent,
  type ParkedAccountRetrier,
  type ParkedAccountRetrierDeps,
  type RetryOutcome,
} from '@latchkey/consumer';
import type { GenerationPointer } from '../generation/pointer.ts';
import { applyEvent } from '../profile/apply-event.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';

/** The outcome of a retry in one of the generations. */
export interface GenerationRetry extends RetryOutcome {
  readonly generation: number;
}

/** Reads the records of parked accounts again, in one generation. */
export function createParkedRetry(
  deps: Omit<ParkedAccountRetrierDeps<StoredAccount>, 'first' | 'start' | 'handle'> & {
    /** Called with each event that was applied. */
    applied?(record: EventRecord): void;
  },
): ParkedAccountRetrier<StoredAccount> {
  return createParkedAccountRetrier({
    ...deps,
    first: 'one',
    start: unknownAccount,
    handle(stored, record) {
      const result = applyEvent(stored, record);
      if (!isRefusedEvent(result)) deps.applied?.(record);
      return result;
    },
  });
}

/**
 * Returns a function that retries a parked account in each generation that is being filled, because a generation that
 * is not active now may become active later. The function returns the worst of the outcomes. If several outcomes are
 * equally bad, it returns the one of the active generation, if that is among them.
 */
export function createRetryInEachGeneration(deps: {
  pointer(): Promise<Pick<GenerationPointer, 'active' | 'running'>>;
  retryIn(generation: number): Pick<ParkedAccountRetrier<StoredAccount>, 'retry'>;
}) {
  return async (account: string): Promise<GenerationRetry> => {
    const { active, running } = await deps.pointer();
    async function retry(generation: number) {
      return { ...(await deps.retryIn(generation).retry(account)), generation };
    }
    const others: GenerationRetry[] = [];
    for (const generation of running.filter((each) => each !== active)) others.push(await retry(generation));
    return others.reduce(worse, await retry(active));
  };
}

/** The outcomes, from best to worst. */
const RESULTS: readonly RetryOutcome['result'][] = ['not parked', 'unparked', 'still parked'];

function worse(worst: GenerationRetry, other: GenerationRetry): GenerationRetry {
  return RESULTS.indexOf(other.result) > RESULTS.indexOf(worst.result) ? other : worst;
}
