/** What a subscription needs, both to consume its topics and to retry a parked account. */
import type { Bus } from '@latchkey/bus';
import {
  type EventRecord,
  type FirstEvent,
  type Position,
  type RecordType,
  typeOf,
} from '@latchkey/consumer';
import { type Handlers, runHandler } from './handlers.ts';
import type { KeyedMutex } from './keyed-mutex.ts';
import type { SequenceStore } from './sequence-store.ts';

/**
 * What became of a record: `applied` (its handler ran), `passed over` (it has no handler, or this release does not know
 * its type), `duplicate`, `parked` (it parked its account), `held back` (its account is parked), `unusable` (its key
 * names no account).
 */
export type Effect = 'applied' | 'passed over' | 'duplicate' | 'parked' | 'held back' | 'unusable';

/**
 * Takes the objects of pino. The lines of this package contain no personal data; errors of handlers are logged as they
 * are.
 */
export interface SubscriberLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Subscriber {
  readonly bus: Pick<Bus, 'readKey'>;
  readonly handlers: Handlers;
  readonly store: SequenceStore;
  /** One event of an account is handled at a time. */
  readonly mutex: KeyedMutex;
  readonly logger: SubscriberLogger;
  /** Once it is aborted, no handler is started. */
  readonly stopped: AbortSignal;
  observe(type: RecordType, effect: Effect): void;
}

/** The subscription stops, or its partition is taken away. The records come again, in the next run or elsewhere. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

export function throwIfStopped({ stopped }: Subscriber): void {
  if (stopped.aborted) throw new StoppedError('The subscription stops, or its partition is taken away.');
}

export function firstEventOf({ store }: Subscriber): FirstEvent {
  return store.forgetful === true ? 'any' : 'one';
}

export async function findPosition({ store }: Subscriber, account: string): Promise<Position> {
  return (await store.load([account])).get(account) ?? { account, sequence: 0 };
}

export function isHandled({ handlers }: Subscriber, { decoded }: EventRecord): boolean {
  return decoded.kind === 'event' && handlers[decoded.event.type] !== undefined;
}

/**
 * Hands the event to its handler, if it has one.
 * @returns undefined, or why the account is to be parked
 * @throws HandlerError if the event must come again
 */
export async function deliver(
  { handlers }: Subscriber,
  { decoded }: EventRecord,
): Promise<string | undefined> {
  return decoded.kind === 'event' ? runHandler(handlers, decoded.event) : undefined;
}

export function observeDelivery(subscriber: Subscriber, record: EventRecord): void {
  subscriber.observe(typeOf(record), isHandled(subscriber, record) ? 'applied' : 'passed over');
}
