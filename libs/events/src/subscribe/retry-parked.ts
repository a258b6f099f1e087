/** Retries a parked account: reads its records again, and passes the events that are due to the handlers. */
import {
  computePositionAfterEvent,
  createParkedAccountRetrier,
  type EventRecord,
  type Parked,
  type Position,
  sequenceOf,
} from '@latchkey/consumer';
import {
  type EventSubscriber,
  loadPosition,
  observeEventOutcome,
  runHandlerForRecord,
  selectFirstEventRule,
  throwIfSubscriptionStopped,
} from './subscriber.ts';

/** Creates the function that retries a parked account of a subscriber. */
export function createSubscriptionRetrier(subscriber: EventSubscriber) {
  return createParkedAccountRetrier({
    log: subscriber.bus,
    authenticate: subscriber.authenticate,
    positions: subscriber.store,
    first: selectFirstEventRule(subscriber),
    throwIfStopped: () => throwIfSubscriptionStopped(subscriber),
    start: (account): Position => ({ account, sequence: 0 }),
    handle: ({ account }, record, origin) =>
      subscriber.mutex.run(account, () => handleNext(subscriber, record, origin)),
  });
}

/**
 * Passes one event of a parked account to its handler. The account remains marked as parked until the handler
 * has ended, so that no other member of the group handles its events, and so that it remains parked if this
 * process dies.
 */
async function handleNext(subscriber: EventSubscriber, record: EventRecord, origin: Parked) {
  const { account } = origin;
  const position = await loadPosition(subscriber, account);
  throwIfSubscriptionStopped(subscriber);
  if (sequenceOf(record) <= position.sequence) return position;
  const refused = await runHandlerForRecord(subscriber, record);
  if (refused !== undefined) return { refused };
  const reached = { ...computePositionAfterEvent({ account }, record), parked: origin };
  await subscriber.store.save([reached]);
  observeEventOutcome(subscriber, record);
  return reached;
}
