/** Records the results of attempts to send mails. */
import { retry } from '@latchkey/process/loop';
import { StoreUnavailable } from '@latchkey/store';
import type { DeliveryOutcome } from '../delivery/attempt.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore, SettleDeliveryOptions } from '../ports/deliveries.ts';
import type { StoreOutageLog } from './store-watch.ts';

/** The shortest and the longest pause between two tries to record a result, in ms. */
const REWRITE_MS = { least: 100, most: 1_000 };

/**
 * The outcome of an attempt to send a mail. `id` is the id of the delivery, and `owner` the id of the claim
 * under which the attempt was made.
 */
export interface AttemptOutcome extends SettleDeliveryOptions {
  readonly id: string;
  readonly owner: string;
  readonly settlement: DeliveryOutcome;
}

export interface OutcomeRecorderDeps {
  readonly deliveries: Pick<DeliveryStore, 'settle'>;
  readonly store: StoreOutageLog;
  readonly clock: Clock;
  /** Returns a random number in [0, 1). */
  random(): number;
  /**
   * Aborted when a stopping notifier gives up (GRACE_MS after the stop began); no result is retried after
   * that.
   */
  readonly signal: AbortSignal;
}

/**
 * Records the result of an attempt to send a mail. Retries while the store is down, because a mail that was
 * sent but not recorded would be sent again.
 * @returns false if another process has claimed the delivery in the meantime
 * @throws Error if the store fails in any other way, or if `signal` is aborted
 */
export type RecordAttemptOutcome = (outcome: AttemptOutcome) => Promise<boolean>;

export function createOutcomeRecorder({
  deliveries,
  store,
  clock,
  random,
  signal,
}: OutcomeRecorderDeps): RecordAttemptOutcome {
  return async ({ id, owner, settlement, ...options }) => {
    try {
      return await retry(
        {
          ...REWRITE_MS,
          when: (error) => error instanceof StoreUnavailable,
          onFailure: (error) => store.failed(id, error),
          signal,
          sleep: clock.sleep,
          random,
        },
        () => deliveries.settle(id, owner, settlement, options),
      );
    } finally {
      store.recovered(id);
    }
  };
}
