/**
 * Sorts the events of a parked account by sequence while the account's records are read again in log order.
 * An account is parked if one of its events could not be applied. Pure.
 */
import { findConflictBlocker, findForkBlocker } from './chain-head.ts';
import { createGapBlocker, type FirstEventRule, isNextSequence } from './next-step.ts';
import type { AccountBlocker, Parked, Position } from './position-store.ts';
import {
  type AccountRecord,
  decodeFailureOf,
  type EventRecord,
  isEventRecord,
  sequenceOf,
} from './records.ts';

/**
 * How many events of a parked account may be kept in memory because an event before them has not been read
 * yet.
 */
const WINDOW = 500;

export interface ParkedEventSorter {
  /** Takes the next record, in the order of the log, starting with the record that parked the account. */
  take(record: AccountRecord): void;
  /**
   * Returns the event with the next sequence. Undefined if its record has not been taken yet, or if the
   * account's history has forked.
   */
  due(): EventRecord | undefined;
  /**
   * Must be called with the new position of the account after the event that `due` has returned was applied.
   */
  onApplied(reached: Position): void;
  /**
   * Must be called if the event that `due` has returned cannot be applied. Sorting continues, because a later
   * record may contain the same event in a usable form.
   */
  onRefused(blocker: AccountBlocker): void;
  /**
   * Returns why the account must stay parked, according to the records that were taken so far; undefined if
   * the account can continue.
   */
  blocker(): AccountBlocker | undefined;
}

export interface ParkedEventSorterOptions {
  readonly position: Position;
  /** The mark of the parked account. Reading starts at the record that the mark names. */
  readonly parkMark: Parked;
  readonly firstEventRule: FirstEventRule;
  /**
   * Whether the account may continue past an unreadable record once its next event was read from a later
   * record. If so, the unreadable event was published again in a readable form.
   */
  readonly skipsUnreadable: boolean;
}

export function createParkedEventSorter({
  position,
  parkMark,
  firstEventRule,
  skipsUnreadable,
}: ParkedEventSorterOptions): ParkedEventSorter {
  const waiting = new Map<number, EventRecord>();
  let { sequence: last, head } = position;
  let fork: AccountBlocker | undefined;
  let highest = 0;
  let unreadable: AccountBlocker | undefined;
  let refusal: AccountBlocker | undefined;
  // Derive this sequence only from the records, not from the stored position, so that reading the records
  // again gives the same result.
  let readUpTo = parkMark.after;

  function next(): number | undefined {
    if (waiting.has(last + 1)) return last + 1;
    return last === 0 && firstEventRule === 'any' ? waiting.keys().next().value : undefined;
  }

  function forkIn(record: EventRecord): AccountBlocker | undefined {
    return findForkBlocker({ sequence: last, ...(head === undefined ? {} : { head }) }, record);
  }

  return {
    take(record) {
      if (!isEventRecord(record)) {
        unreadable ??= { reason: 'unreadable', cause: decodeFailureOf(record) };
        return;
      }
      const sequence = sequenceOf(record);
      const other = waiting.get(sequence);
      fork ??= forkIn(record) ?? (other && findConflictBlocker(other, record));
      highest = Math.max(highest, sequence);
      if (isNextSequence(readUpTo, sequence, firstEventRule)) {
        readUpTo = sequence;
        if (skipsUnreadable) unreadable = undefined;
      }
      const isInReach = sequence <= last + WINDOW || isNextSequence(last, sequence, firstEventRule);
      if (sequence > last && isInReach && other === undefined) waiting.set(sequence, record);
    },
    due() {
      const sequence = next();
      const record = sequence === undefined ? undefined : waiting.get(sequence);
      fork ??= record && forkIn(record);
      return fork === undefined ? record : undefined;
    },
    onApplied(reached) {
      for (const each of waiting.keys()) if (each <= reached.sequence) waiting.delete(each);
      if (reached.sequence > last) ({ sequence: last, head } = reached);
      refusal = undefined;
    },
    onRefused(blocker) {
      const sequence = next();
      if (sequence !== undefined) waiting.delete(sequence);
      refusal = blocker;
    },
    blocker() {
      if (fork !== undefined) return fork;
      if (unreadable !== undefined || highest <= last) return unreadable;
      return refusal ?? createGapBlocker(last, Math.min(highest, ...waiting.keys()));
    },
  };
}
