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
 * Which event may come first for an account that has no stored position. `one`: only event 1. `any`: any
 * event, because the store may have forgotten the account, so that gaps before the event cannot be detected.
 */
export type FirstEventRule = 'one' | 'any';

export type NextRecordStep =
  /** The record contains the account's next event. */
  | { readonly kind: 'due'; readonly record: EventRecord }
  | { readonly kind: 'duplicate' }
  /**
   * The account is parked because an earlier event could not be applied, so this record must wait until the
   * account is no longer parked.
   */
  | { readonly kind: 'held back' }
  /** The record is the event that was missing when the account was parked, so the account can resume. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'park'; readonly blocker: AccountBlocker };

/** What the consumer has done with a record. */
export type RecordOutcome = 'applied' | 'duplicate' | 'parked' | 'held back';

/**
 * The refusal of an event that the consumer cannot apply. The event's account is parked, and the text
 * `refused` becomes the cause.
 */
export interface EventRefusal {
  readonly refused: string;
}

/**
 * Applies an event to the position of its account, and returns the new position. The event must be the
 * account's next event.
 */
export type ApplyEvent<P extends Position> = (position: P, record: EventRecord) => P | EventRefusal;

export function isEventRefusal(result: object): result is EventRefusal {
  return 'refused' in result;
}

export function createRefusalBlocker({ refused }: EventRefusal): AccountBlocker {
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
  // Do not check whether the history of a parked account has forked, because that is checked when the account
  // is retried and its records are read again.
  const fork = parked === undefined ? findForkBlocker(position, record) : undefined;
  if (fork !== undefined) return { kind: 'park', blocker: fork };
  if (sequence <= last) return { kind: 'duplicate' };
  const isNext = isNextSequence(last, sequence, firstEventRule);
  if (parked !== undefined) return { kind: isNext ? 'missing' : 'held back' };
  return isNext ? { kind: 'due', record } : { kind: 'park', blocker: createGapBlocker(last, sequence) };
}

/**
 * Returns the mark of a parked account if this record may allow the account to continue, otherwise
 * undefined. The missing event allows this. A duplicate of the missing event allows it as well: if a
 * process died while it resumed the account, the mark remains, and the slice is redelivered. Other
 * duplicates do not count, because a slow member of the group may read them before the missing event has
 * arrived.
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
 * Returns the sequence of the event that a parked account is missing. Parses it from the text `cause`,
 * because the mark of a parked account has no field for this sequence.
 */
function missingIn({ cause }: AccountBlocker): number {
  return Number(/where (\d+) was due$/.exec(cause)?.[1] ?? 0);
}
