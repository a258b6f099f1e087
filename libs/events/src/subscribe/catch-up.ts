/** What is due of a parked account when its records are read again, from the one that parked it. Pure. */
import {
  type AccountRecord,
  type Beginning,
  envelopeOf,
  flawOf,
  follows,
  gap,
  isReadable,
  type ReadableRecord,
} from './next-step.ts';
import type { Parked, Position } from './sequence-store.ts';

export interface CatchUp {
  /** In order. */
  readonly due: readonly ReadableRecord[];
  /** What still holds the account up, behind those that are due. */
  readonly cause?: string;
}

/**
 * Finds every record that comes next, also behind one that cannot be used: what was missing may have been
 * published again further on. The account stays parked while an event beyond its sequence is known, or a record
 * after its last event cannot be read.
 */
export function catchUp(
  position: Position,
  origin: Parked,
  records: readonly AccountRecord[],
  beginning: Beginning,
): CatchUp {
  const due: ReadableRecord[] = [];
  let last = position.sequence;
  let unreadable: string | undefined;
  let missing: string | undefined;
  let highest = 0;
  // Counted along the records, not along what is stored: so another look at them comes to the same.
  let reached = origin.after;

  for (const record of records) {
    if (!isReadable(record)) {
      unreadable ??= flawOf(record);
      continue;
    }
    const { sequence } = envelopeOf(record);
    highest = Math.max(highest, sequence);
    if (follows(reached, sequence, beginning)) {
      reached = sequence;
      unreadable = undefined;
    }
    if (sequence <= last) continue;
    if (follows(last, sequence, beginning)) {
      due.push(record);
      last = sequence;
    } else missing = gap(last, sequence);
  }
  const cause = unreadable ?? (highest > last ? missing : undefined);
  return cause === undefined ? { due } : { due, cause };
}
