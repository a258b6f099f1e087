/**
 * Rules about what subscribers have received from the feed, from webhooks and with `subscribe()`: docs/feed.md,
 * docs/webhooks.md, docs/subscribing.md.
 */
import { getStreamId } from '../../support/kcat.ts';
import type { FaultLine, ReceivedEventLine } from '../run-folder.ts';
import { STORE_FAULT_TARGETS } from './faults.ts';
import { type Journal, type JournalEvent, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { HistoryFork } from './restored-file-rules.ts';
import type { TopicRecord } from './stored.ts';

export interface SubscriberContext {
  readonly journal: Journal;
  readonly received: readonly ReceivedEventLine[];
  /** What the subscribers of the run have received. */
  readonly subscribers: readonly ReceivedEventLine['via'][];
  readonly records: readonly TopicRecord[];
  readonly faults: readonly FaultLine[];
  /**
   * Present if the history of an account has forked. `subscribe()` must then deliver only the events before
   * the fork.
   */
  readonly fork?: HistoryFork | undefined;
}

/**
 * Checks that each subscriber has received every event of each account, no other events, and no event before
 * its predecessor. A subscriber may receive an earlier event again, followed by the events after it, if there
 * is a cause:
 * - For a webhook, the cause is a fault that interrupted the sender, a redrive, or a repeated record on the
 *   log.
 * - For `subscribe()`, which stores the position of an account after each event, the cause is a kill of the
 *   subscriber.
 * - The feed may repeat events without a cause.
 */
export function checkSubscribers(context: SubscriberContext): readonly Violation[] {
  const { journal, received, subscribers } = context;
  const accounts = new Map(listEventsByAccount(journal));
  const repeats = repeatsByAccount(context.records);
  return subscribers.flatMap((via) => {
    const lines = Map.groupBy(
      received.filter((line) => line.via === via),
      ({ account }) => account,
    );
    const interruptions = context.faults.filter((fault) => INTERRUPTS[via].some((is) => is(fault))).length;
    return [...new Set([...accounts.keys(), ...lines.keys()])].flatMap((account) => {
      const its = lines.get(account) ?? [];
      const isForked = via === 'subscribe' && account === context.fork?.account;
      const events = (accounts.get(account) ?? []).filter(
        ({ sequence }) => !isForked || sequence < (context.fork?.sequence ?? 0),
      );
      const allowed = interruptions + (via === 'webhook' ? (repeats.get(account) ?? 0) : 0);
      const faults = [
        ...faultsOfOrder(events, its),
        ...(via !== 'feed' && stepsBackIn(its) > allowed
          ? [`got earlier events ${stepsBackIn(its)} times, of which ${allowed} have a cause`]
          : []),
      ];
      return faults.flatMap((fault) => createViolations('subscribers', `${via} of ${account} ${fault}`));
    });
  });
}

/**
 * Maps each subscriber to the faults after which it may receive events again. Webhooks are sent by the user
 * service or the standalone. Their causes are therefore faults of these processes, of the store and of the
 * brokers, and additional processes, which may take over an endpoint.
 */
const INTERRUPTS: Readonly<Record<ReceivedEventLine['via'], readonly ((fault: FaultLine) => boolean)[]>> = {
  feed: [],
  webhook: [
    ({ fault, target }) => /^(user-\d+|standalone)$/.test(target) && /^(kill-|pause-|ended-)/.test(fault),
    ({ target }) =>
      [...STORE_FAULT_TARGETS, 'ops-redrive', 'read-model'].includes(target) || /^deployment /.test(target),
    ({ target }) => /^(broker-|topic partition-)/.test(target),
  ],
  subscribe: [({ target }) => target === 'subscriber'],
};

/**
 * Returns the first violation of the order of events, if any. Later violations would only be consequences of
 * the first.
 */
function faultsOfOrder(
  events: readonly JournalEvent[],
  lines: readonly ReceivedEventLine[],
): readonly string[] {
  let last = 0;
  for (const { sequence, eventId } of lines) {
    if (events[sequence - 1]?.id !== eventId)
      return [`got event ${sequence}, which the journal does not have`];
    if (sequence > last + 1) return [`got event ${sequence} after event ${last}`];
    last = Math.max(last, sequence);
  }
  return last === events.length ? [] : [`got ${last} of ${events.length} events`];
}

function stepsBackIn(lines: readonly ReceivedEventLine[]): number {
  return lines.filter(({ sequence }, index) => sequence < (lines[index - 1]?.sequence ?? 0)).length;
}

/** Returns how many records of each account repeat an earlier one. */
function repeatsByAccount(records: readonly TopicRecord[]): ReadonlyMap<string, number> {
  return new Map(
    Array.from(Map.groupBy(records, getStreamId), ([account, its]) => [
      account,
      its.length - new Set(its.map(({ headers }) => headers['ce_id'])).size,
    ]),
  );
}
