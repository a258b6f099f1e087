/** Decides which work a fault has hit. Only the work of the fault's own target counts. */
import {
  countWorkAtBeginning,
  countWorkBySamples,
  countWorkThroughout,
  type FaultHitCounter,
  type GetWorkCounter,
  sumHitCounts,
} from './work.ts';

/** A consumer of events (the read model or the notifier), which may be behind the journal. */
export type EventConsumer = 'user' | 'notifier' | 'subscriber';

export interface HitsDeps {
  readonly work: GetWorkCounter;
  /** Returns the number of accounts with events that the consumer has not processed. */
  behind(consumer: EventConsumer): Promise<number>;
}

/** The name under which the requests of all clients are counted, no matter which process receives them. */
export const ALL_CLIENTS_TARGET = 'clients';

const SAMPLE_EVERY_MS = 1_000;

/**
 * Starts to count the work that a fault hits.
 * @param fault the kind of fault, for example `kill-auth`
 * @param target the name of the fault's target, for example `auth-1`
 */
export type CountHitsOfFault = (fault: string, target: string) => FaultHitCounter;

/**
 * Returns a function that counts the work that a fault hits. Which work counts depends on the target of the
 * fault:
 * - A process: its requests and mails in progress. If it consumes events, also the accounts whose events it
 *   has not processed yet.
 * - A broker: produce requests without a response. MongoDB: its commands. The mail server: its mails.
 * - The disk or the clock of a process: the work of that process.
 * - Anything else, such as a topic: the requests of clients, which continue during the fault.
 * A kill hits only the work that is in progress at that moment, except that a killed consumer remains
 * behind until it runs again.
 */
export function createHitCounter({ work, behind }: HitsDeps): CountHitsOfFault {
  function countOf(fault: string, target: string): FaultHitCounter {
    const counter = work(target);
    return fault.startsWith('kill-') ? countWorkAtBeginning(counter) : countWorkThroughout(counter);
  }

  return (fault, target) => {
    const [, clockOf] = /^clock-of-(.+)$/.exec(target) ?? [];
    if (clockOf !== undefined) return countWorkThroughout(work(clockOf));
    if (target === 'disk') return countWorkThroughout(work('standalone'));
    const consumer = consumerIn(target);
    if (consumer !== undefined)
      return sumHitCounts(
        countOf(fault, target),
        countWorkBySamples(() => behind(consumer), SAMPLE_EVERY_MS),
      );
    const isCounted = /^(auth-\d+|standalone|broker-\d+|mongodb|smtp)$/.test(target);
    return isCounted ? countOf(fault, target) : countWorkThroughout(work(ALL_CLIENTS_TARGET));
  };
}

function consumerIn(target: string): EventConsumer | undefined {
  const [name] = target.split('-');
  return name === 'user' || name === 'notifier' || name === 'subscriber' ? name : undefined;
}
