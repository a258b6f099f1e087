/** Puts the records of a parked account, read again in the order of the log, into the order of their sequences. Pure. */
import { type FirstEvent, follows, gap } from './next-step.ts';
import type { Held, Parked, Position } from './position-store.ts';
import { type AccountRecord, causeOf, type EventRecord, isEvent, sequenceOf } from './records.ts';

/** How many early events are kept, which limits the memory that one account can take. */
const WINDOW = 500;

export interface CatchUp {
  /** Takes the next record, in the order of the log, starting with the one that parked the account. */
  take(record: AccountRecord): void;
  /** Returns the next event in the order of the sequences; undefined if it is not among the records taken so far. */
  due(): EventRecord | undefined;
  /** Called when the due event has been applied, and the account has reached this sequence. */
  applied(sequence: number): void;
  /** Called when the due event cannot be applied. Another record with its sequence may follow. */
  refused(held: Held): void;
  /** Returns why the account cannot continue after the records taken so far; undefined if it can. */
  held(): Held | undefined;
}

export interface CatchUpOptions {
  readonly position: Position;
  /** The mark that the records are read from. */
  readonly origin: Parked;
  readonly first: FirstEvent;
  /**
   * Whether an unreadable record stops blocking the account once the event after it has been read: the event that
   * it should have been has then been published again.
   */
  readonly passesUnreadable: boolean;
}

export function createCatchUp({ position, origin, first, passesUnreadable }: CatchUpOptions): CatchUp {
  const waiting = new Map<number, EventRecord>();
  let last = position.sequence;
  let highest = 0;
  let unreadable: Held | undefined;
  let refusal: Held | undefined;
  // Derived from the records alone, not from the stored position, so that reading them again has the same result.
  let readUpTo = origin.after;

  function next(): number | undefined {
    if (waiting.has(last + 1)) return last + 1;
    return last === 0 && first === 'any' ? waiting.keys().next().value : undefined;
  }

  return {
    take(record) {
      if (!isEvent(record)) {
        unreadable ??= { reason: 'unreadable', cause: causeOf(record) };
        return;
      }
      const sequence = sequenceOf(record);
      highest = Math.max(highest, sequence);
      if (follows(readUpTo, sequence, first)) {
        readUpTo = sequence;
        if (passesUnreadable) unreadable = undefined;
      }
      const isInReach = sequence <= last + WINDOW || follows(last, sequence, first);
      if (sequence > last && isInReach && !waiting.has(sequence)) waiting.set(sequence, record);
    },
    due() {
      const sequence = next();
      return sequence === undefined ? undefined : waiting.get(sequence);
    },
    applied(sequence) {
      for (const each of waiting.keys()) if (each <= sequence) waiting.delete(each);
      last = Math.max(last, sequence);
      refusal = undefined;
    },
    refused(held) {
      const sequence = next();
      if (sequence !== undefined) waiting.delete(sequence);
      refusal = held;
    },
    held() {
      if (unreadable !== undefined || highest <= last) return unreadable;
      return refusal ?? gap(last, Math.min(highest, ...waiting.keys()));
    },
  };
}
