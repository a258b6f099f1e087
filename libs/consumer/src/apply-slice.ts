/**
 * Applies a slice of records to the positions of their accounts, and returns what to store in one write.
 * Pure.
 */
import {
  type ApplyEvent,
  createRefusalBlocker,
  decideNextStep,
  findParkMarkToRetry,
  isEventRefusal,
  type RecordOutcome,
} from './next-step.ts';
import {
  type AccountBlocker,
  createParkMark,
  type Parked,
  type Position,
  withParkMark,
} from './position-store.ts';
import { type AccountRecord, accountOf, type DecodedRecord, isAccountRecord } from './records.ts';

export interface RecordWithOutcome {
  readonly record: AccountRecord;
  readonly outcome: RecordOutcome;
}

export interface SliceOutcome<P extends Position> {
  /** The positions to store: one for each account whose position has changed. */
  readonly changed: readonly P[];
  /**
   * The outcome of each record whose key names an account, in order. Does not include earlier records that
   * are read again because a parked account is retried.
   */
  readonly folded: readonly RecordWithOutcome[];
  /** The records of the slice that the consumer cannot use, because their keys name no account. */
  readonly unusable: readonly DecodedRecord[];
  /**
   * The marks of those parked accounts whose missing event is in this slice, so that they may be able to
   * continue.
   */
  readonly marksToRetry: readonly Parked[];
}

/**
 * Applies the records of a slice to the positions of their accounts.
 * @param known the stored positions of the accounts in the slice
 * @param start returns the initial position of an account that has no stored position
 */
export function applySlice<P extends Position>(
  known: ReadonlyMap<string, P>,
  records: readonly DecodedRecord[],
  { start, apply }: { start(account: string): P; readonly apply: ApplyEvent<P> },
): SliceOutcome<P> {
  const changed = new Map<string, P>();
  const folded: RecordWithOutcome[] = [];
  const unusable: DecodedRecord[] = [];
  const marks = new Map<string, Parked>();

  function park(position: P, record: AccountRecord, blocker: AccountBlocker): RecordOutcome {
    changed.set(position.account, withParkMark(position, createParkMark(position, record, blocker)));
    return 'parked';
  }

  function fold(position: P, record: AccountRecord): RecordOutcome | undefined {
    const step = decideNextStep(position, record, 'one');
    const mark = findParkMarkToRetry(position, step);
    if (mark !== undefined) marks.set(position.account, mark);
    if (step.kind === 'missing') return undefined;
    if (step.kind === 'park') return park(position, record, step.blocker);
    if (step.kind !== 'due') return step.kind;
    const next = apply(position, step.record);
    if (isEventRefusal(next)) return park(position, record, createRefusalBlocker(next));
    changed.set(position.account, next);
    return 'applied';
  }

  for (const record of records) {
    if (isAccountRecord(record)) {
      const account = accountOf(record);
      const position = changed.get(account) ?? known.get(account) ?? start(account);
      const outcome = fold(position, record);
      if (outcome !== undefined) folded.push({ record, outcome });
    } else unusable.push(record);
  }
  return { changed: [...changed.values()], folded, unusable, marksToRetry: [...marks.values()] };
}

/** Returns the ids of the accounts in a slice, each once. */
export function distinctAccountIds(records: readonly DecodedRecord[]): readonly string[] {
  return [...new Set(records.filter(isAccountRecord).map(accountOf))];
}
