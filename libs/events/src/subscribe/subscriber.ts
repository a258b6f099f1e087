/** The dependencies of a subscription, used to consume its topics and to retry parked accounts. */
import type { Bus } from '@latchkey/bus';
import {
  computeHeadAfterEvent,
  decodeRecord,
  type EventRecord,
  type FirstEventRule,
  type ForgedRecord,
  type Position,
  type RecordAuthenticator,
  type RecordType,
  recordTypeOf,
} from '@latchkey/consumer';
import { type Handlers, runHandler } from './handlers.ts';
import type { KeyedMutex } from './keyed-mutex.ts';
import type { SequenceStore } from './sequence-store.ts';

/**
 * What happened to a record. `applied`: the handler of the event ran. `passed over`: the event has no
 * handler, or this release does not know the event's type. `duplicate`: the event was handled before.
 * `parked`: the record has parked its account. `held back`: the account was already parked. `unusable`: the
 * record's key identifies no account. In a subscription without a store, `unusable` also means that the
 * record cannot be read, or that the handler has refused it. `forged`: auth has not published the record, so
 * it is skipped. With `signatures: 'warn'`, a forged record is handled, and its result is reported as well.
 */
export type Effect = 'applied' | 'passed over' | 'duplicate' | 'parked' | 'held back' | 'unusable' | 'forged';

/**
 * The logger of a subscriber, for example a pino logger. Log lines contain no personal data, except that
 * errors of handlers are logged unchanged.
 */
export interface SubscriberLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EventSubscriber {
  readonly bus: Pick<Bus, 'readKey'>;
  readonly handlers: Handlers;
  /** Separates genuine records, which auth has published, from forged ones. */
  readonly authenticate: RecordAuthenticator;
  readonly store: SequenceStore;
  /** Prevents two events of one account from being handled at the same time. */
  readonly mutex: KeyedMutex;
  readonly logger: SubscriberLogger;
  /** Aborted when no more handlers may be started. */
  readonly stopped: AbortSignal;
  observe(type: RecordType, effect: Effect): void;
}

/**
 * Thrown instead of handling a record, because the subscription is stopping or has lost the partition. The
 * records are delivered again, in the next run or to another member.
 */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/**
 * Asserts that the subscription was not stopped, so that another handler may start.
 * @throws StoppedError
 */
export function throwIfSubscriptionStopped({ stopped }: Pick<EventSubscriber, 'stopped'>): void {
  if (stopped.aborted) throw new StoppedError('The subscription is stopping, or its partition was revoked.');
}

/** Reports forged records (those that auth has not published) to the logger and to `observe`. */
export function reportForgedRecords(
  { logger, observe }: Pick<EventSubscriber, 'logger' | 'observe'>,
  forged: readonly ForgedRecord[],
): void {
  for (const { source, cause } of forged) {
    const { topic, partition, offset } = source;
    observe(recordTypeOf(decodeRecord(source)), 'forged');
    logger.error({ topic, partition, offset, cause }, 'a record does not come from auth');
  }
}

/** Returns which event may come first for an account that is not in the subscriber's store. */
export function selectFirstEventRule({ store }: EventSubscriber): FirstEventRule {
  return store.forgetful === true ? 'any' : 'one';
}

/**
 * Returns the stored position of an account; a position with the sequence 0 if no position is stored.
 * @throws errors of the store
 */
export async function loadPosition({ store }: EventSubscriber, account: string): Promise<Position> {
  return (await store.load([account])).get(account) ?? { account, sequence: 0 };
}

/** Returns whether a record is an event that has a handler. */
export function hasHandler(
  { handlers }: Pick<EventSubscriber, 'handlers'>,
  { decoded }: EventRecord,
): boolean {
  return decoded.kind === 'event' && handlers[decoded.event.type] !== undefined;
}

/**
 * Runs the handler of an event, if events of its type have a handler.
 * @returns undefined, or the reason to park the account
 * @throws HandlerError if the event must be redelivered
 */
export async function runHandlerForRecord(
  { handlers }: Pick<EventSubscriber, 'handlers'>,
  record: EventRecord,
): Promise<string | undefined> {
  const { decoded } = record;
  return decoded.kind === 'event'
    ? runHandler(handlers, decoded.event, computeHeadAfterEvent(record))
    : undefined;
}

/** Reports to `observe` that an event was applied, or passed over because it has no handler. */
export function observeEventOutcome(subscriber: EventSubscriber, record: EventRecord): void {
  subscriber.observe(recordTypeOf(record), hasHandler(subscriber, record) ? 'applied' : 'passed over');
}
