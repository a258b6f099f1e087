/** How a subscription takes records up: the parts that reading on and reading again have in common. */
import type { BusRecord } from '@latchkey/bus';
import type { EventType } from '../catalogue.ts';
import { decode } from '../codec.ts';
import { type Handlers, runHandler } from './handlers.ts';
import type { Beginning, PlacedRecord, ReadableRecord } from './next-step.ts';
import type { SequenceStore } from './sequence-store.ts';
import type { Turns } from './turns.ts';

/**
 * What became of a record: `applied` (its handler ran), `passed over` (there is no handler for it, or the type
 * is not known to this release), `duplicate`, `parked` (with its account), `held back` (the account is parked
 * already), `unusable` (it has no key that tells an account).
 */
export type Effect = 'applied' | 'passed over' | 'duplicate' | 'parked' | 'held back' | 'unusable';

/** Types that this release does not know are one: anybody could make them up. */
export type SeenType = EventType | 'unknown' | 'undecodable' | 'unusable';

/** Takes the objects of pino. The package's own lines name nobody; errors of handlers are logged as they are. */
export interface SubscriberLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ReaderDeps {
  readonly handlers: Handlers;
  readonly store: SequenceStore;
  readonly turns: Turns;
  readonly logger: SubscriberLogger;
  /** Nothing new is begun once it is aborted. */
  readonly stopped: AbortSignal;
  observe(type: SeenType, effect: Effect): void;
}

/** Given up, as the subscription stops or the partition is taken away: it is due again, in the next run or elsewhere. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

export function refuseIfStopped({ stopped }: ReaderDeps): void {
  if (stopped.aborted) throw new StoppedError('The subscription stops, or its partition is taken away.');
}

export function readRecord(source: BusRecord): PlacedRecord {
  return {
    topic: source.topic,
    partition: source.partition,
    offset: source.offset,
    decoded: decode(source),
  };
}

export function beginningOf({ forgetful }: SequenceStore): Beginning {
  return forgetful === true ? 'any' : 'first';
}

/** Whether anybody asked for this event. */
export function isHandled(handlers: Handlers, { decoded }: ReadableRecord): boolean {
  return decoded.kind === 'event' && handlers[decoded.event.type] !== undefined;
}

/** @returns undefined, or why the account is to be parked. @throws HandlerError if the event must come again. */
export async function deliver({ handlers }: ReaderDeps, { decoded }: ReadableRecord) {
  return decoded.kind === 'event' ? runHandler(handlers, decoded.event) : undefined;
}

export function typeOf({ decoded }: PlacedRecord): SeenType {
  if (decoded.kind === 'event') return decoded.event.type;
  return decoded.kind === 'unknown-type' ? 'unknown' : decoded.kind;
}
