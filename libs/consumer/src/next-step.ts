/** Decides what to do with the next record of an account. Pure. */
import { findForkBlocker } from './chain-head.ts';
import type { AccountBlocker, Parked, Position } from './position-store.ts';
import {
  type AccountRecord,
  decodeFailureOf,
  type EventRecord,
  isEventRecord,
  sequenceOf,
} from './records.ts';

/**
 * Which event may be the first one of an account that has no stored position. `one`: only event 1. `any`:
 * every event, because the store may have forgotten the account, so a gap cannot be detected.
 */
export type FirstEventRule = 'one' | 'any';

export type NextRecordStep =
  /** The record is the account's next event. */
  | { readonly kind: 'due'; readonly record: EventRecord }
  | { readonly kind: 'duplicate' }
  /** The account is parked because an earlier event could not be applied, so this record must wait. */
  | { readonly kind: 'held back' }
  /** The record is the event that was missing when the account was parked, so the account can resume. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'park'; readonly blocker: AccountBlocker };

/** The outcome of a record. */
export type RecordOutcome = 'applied' | 'duplicate' | 'parked' | 'held back';

/** The event cannot be applied; its account is parked with this cause. */
export interface RefusedEvent {
  readonly refused: string;
}

/**
 * Applies an event to the position of its account, and returns the position after it. The caller ensures that
 * this event is the next one of the account.
 */
export type ApplyEvent<P extends Position> = (position: P, record: EventRecord) => P | RefusedEvent;

export function isRefusedEvent(result: object): result is RefusedEvent {
  return 'refused' in result;
}

export function createRefusalBlocker({ refused }: RefusedEvent): AccountBlocker {
  return { reason: 'refused', cause: refused };
}

export function decideNextStep(
  position: Position,
  record: AccountRecord,
  firstEventRule: FirstEventRule,
): NextRecordStep {
  const { sequence: last, parked } = position;
  if (parked !== undefined && !(isGap(parked) && isEventRecord(record))) return { kind: 'held back' };
  if (!isEventRecord(record))
    return { kind: 'park', blocker: { reason: 'unreadable', cause: decodeFailureOf(record) } };
  const sequence = sequenceOf(record);
  // If the account is parked, this check follows when the record is read again.
  const fork = parked === undefined ? findForkBlocker(position, record) : undefined;
  if (fork !== undefined) return { kind: 'park', blocker: fork };
  if (sequence <= last) return { kind: 'duplicate' };
  const isNext = isNextSequence(last, sequence, firstEventRule);
  if (parked !== undefined) return { kind: isNext ? 'missing' : 'held back' };
  return isNext ? { kind: 'due', record } : { kind: 'park', blocker: createGapBlocker(last, sequence) };
}

/**
 * Returns the mark of the account if this record may unpark it, otherwise undefined. A duplicate may unpark
 * the account only if it is the event that was missing: if a process dies while it resumes the account, the
 * mark remains and the slice is redelivered. No other duplicate may unpark the account, because a slow member
 * of the group may read it before the missing event has arrived.
 */
export function findParkMarkToRetry(
  { sequence, parked }: Position,
  { kind }: NextRecordStep,
): Parked | undefined {
  if (parked === undefined) return undefined;
  const isFilled = kind === 'duplicate' && missingIn(parked) <= sequence;
  return kind === 'missing' || isFilled ? parked : undefined;
}

function isGap({ reason }: AccountBlocker): boolean {
  return reason === 'gap';
}

export function isNextSequence(
  lastSequence: number,
  sequence: number,
  firstEventRule: FirstEventRule,
): boolean {
  return sequence === lastSequence + 1 || (lastSequence === 0 && firstEventRule === 'any');
}

export function createGapBlocker(lastSequence: number, receivedSequence: number): AccountBlocker {
  return { reason: 'gap', cause: `event ${receivedSequence} came where ${lastSequence + 1} was due` };
}

/**
 * Returns the sequence of the event that a parked account is missing. Parses the message in `cause`, because
 * stores do not keep the sequence as a separate field.
 */
function missingIn({ cause }: AccountBlocker): number {
  return Number(/where (\d+) was due$/.exec(cause)?.[1] ?? 0);
}
