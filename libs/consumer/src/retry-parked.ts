/**
 * Reads the records of a parked account again, so that the account resumes once the cause was repaired or the
 * missing event has arrived.
 */
import type { Bus } from '@latchkey/bus';
import type { RecordAuthenticator } from './authenticate.ts';
import { createRefusalBlocker, type EventRefusal, type FirstEventRule, isEventRefusal } from './next-step.ts';
import { createParkedEventSorter } from './parked-event-sorter.ts';
import {
  isSameParkMark,
  type Parked,
  type Position,
  type PositionStore,
  withParkMark,
} from './position-store.ts';
import { type EventRecord, isAccountRecord } from './records.ts';

/** The result of retrying a parked account. */
export interface RetryOutcome {
  readonly result: 'not parked' | 'unparked' | 'still parked';
  /** The sequence of the account's last event that was applied or skipped. */
  readonly sequence: number;
  /** Why the account is still parked; absent if it is no longer parked. */
  readonly cause?: string;
}

export interface ParkedAccountRetrierDeps<P extends Position> {
  readonly log: Pick<Bus, 'readKey'>;
  /** Separates genuine records from forged records, which are ignored. */
  readonly authenticate: RecordAuthenticator;
  readonly positions: PositionStore<P>;
  readonly first: FirstEventRule;
  /** Returns the initial position of an account that has no stored position. */
  start(account: string): P;
  /**
   * Applies the account's next event, and returns the new position. The account must remain marked as parked
   * in the stored position. If the event has effects outside of the position, the call must store the effects
   * and the position together before it resolves.
   * @param origin the current mark of the account
   */
  handle(position: P, record: EventRecord, origin: Parked): Promise<P | EventRefusal> | P | EventRefusal;
  /**
   * Stops the reading of an account's records by throwing an error. Called before each record.
   * @throws Error if the process stops or the partition was revoked
   */
  throwIfStopped?(): void;
  /**
   * Returns the sequence of the account's last event in the journal; 0 if there is none. If the position of
   * an account has reached this sequence, the account misses no event, and its unreadable record contained no
   * event. So the account is no longer parked, unless its history has forked.
   */
  lastDecided?(account: string): Promise<number>;
}

/** An account's position before and after all of its records were read once. */
interface Pass<P> {
  readonly before: P;
  readonly after: P;
}

export interface ParkedAccountRetrier<P extends Position> {
  /**
   * Retries a parked account on behalf of an operator, while the consumer runs. Reads the account's records
   * again, starting with the record that parked the account, and applies the events that are due. Repeats
   * these steps until a repetition changes nothing. Repeating is necessary because the consumer holds back
   * new records while the account is marked as parked, and only a repetition finds these records.
   */
  retry(account: string): Promise<RetryOutcome>;
  /**
   * Retries a parked account on behalf of the consumer, when the missing event is in the current slice. Must
   * be called before the position of the group moves past this slice. Reads the account's records from the
   * mark to the end of the slice, and applies the events that are due. Later records need not be read here,
   * because the consumer reads them next. If one of the records is unreadable, the account stays parked until
   * an operator retries it.
   * @param mark the mark of the account, as the consumer knows it
   * @param lastOffset the offset of the last record of the slice
   * @returns the position that the account has reached
   */
  resume(mark: Parked, lastOffset: number): Promise<P>;
}

interface Range {
  /**
   * The offset at which reading stops, because it comes after the last record to read; undefined to read to
   * the end of the log.
   */
  readonly toOffset: number | undefined;
  readonly skipsUnreadable: boolean;
}

export function createParkedAccountRetrier<P extends Position>(
  deps: ParkedAccountRetrierDeps<P>,
): ParkedAccountRetrier<P> {
  const { log, positions, start, handle } = deps;

  async function find(account: string): Promise<P> {
    return (await positions.load([account])).get(account) ?? start(account);
  }

  async function readOnce(before: P, origin: Parked, { toOffset, skipsUnreadable }: Range): Promise<Pass<P>> {
    const { account, topic, partition, offset } = origin;
    const sorter = createParkedEventSorter({
      position: before,
      parkMark: origin,
      firstEventRule: deps.first,
      skipsUnreadable,
    });
    let position = before;
    for await (const source of log.readKey(topic, partition, account, offset, toOffset)) {
      deps.throwIfStopped?.();
      const [record] = (await deps.authenticate([source])).records;
      if (record === undefined || !isAccountRecord(record)) continue;
      sorter.take(record);
      for (let due = sorter.due(); due !== undefined; due = sorter.due()) {
        const result = await handle(position, due, origin);
        if (isEventRefusal(result)) sorter.onRefused(createRefusalBlocker(result));
        else {
          position = result;
          sorter.onApplied(position);
        }
      }
    }
    // Read the journal only after the log. If the journal contains no event after the last one that was
    // read, the log cannot have contained one when it was read.
    const decided = await deps.lastDecided?.(account);
    const found = sorter.blocker();
    const isComplete = position.sequence === decided && found?.reason !== 'forked';
    const blocker = isComplete ? undefined : found;
    const after = withParkMark(position, blocker && { ...origin, ...blocker });
    await store(before, after, origin);
    return { before, after };
  }

  async function store(before: P, after: P, origin: Parked): Promise<void> {
    if (isUnchanged(before, after)) return;
    await positions.save([after]);
    await positions.replaceMark(origin, after.parked);
    // Another call or member may have replaced the mark `origin` with a newer mark. In that case, the call
    // of `replaceMark` above has changed nothing. Replace the newer mark instead.
    if (before.parked && !isSameParkMark(before.parked, origin))
      await positions.replaceMark(before.parked, after.parked);
  }

  return {
    async retry(account) {
      const { parked: origin, sequence } = await find(account);
      if (origin === undefined) return { result: 'not parked', sequence };
      let latest: Pass<P>;
      do latest = await readOnce(await find(account), origin, { toOffset: undefined, skipsUnreadable: true });
      while (!isUnchanged(latest.before, latest.after));
      return outcomeOf(latest.after);
    },

    async resume(mark, lastOffset) {
      let known: Parked | undefined = mark;
      let toOffset: number | undefined = lastOffset + 1;
      for (;;) {
        const before = await find(mark.account);
        if (waitsForOperator(before)) return before;
        // Another member may have parked the account again, possibly at a record after this slice. In that
        // case, read to the end of the log, because only this shows whether the account can continue. As in
        // `retry`, read the account's records again until nothing changes.
        if (before.parked && !(known && isSameParkMark(before.parked, known))) toOffset = undefined;
        const { after } = await readOnce(before, mark, {
          toOffset,
          skipsUnreadable: before.parked === undefined,
        });
        if (after.parked === undefined && toOffset !== undefined) return after;
        if (isUnchanged(before, after)) return after;
        known = after.parked;
      }
    },
  };
}

function waitsForOperator({ parked }: Position): boolean {
  return parked !== undefined && parked.reason !== 'gap';
}

function isUnchanged(before: Position, after: Position): boolean {
  return (
    before.sequence === after.sequence &&
    before.parked?.reason === after.parked?.reason &&
    before.parked?.cause === after.parked?.cause
  );
}

function outcomeOf({ sequence, parked }: Position): RetryOutcome {
  if (parked === undefined) return { result: 'unparked', sequence };
  return { result: 'still parked', sequence, cause: parked.cause };
}
