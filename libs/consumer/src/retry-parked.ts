/**
 * Reads the records of a parked account again, so that it resumes once the cause is repaired or the missing event
 * has arrived.
 */
import type { Bus } from '@latchkey/bus';
import type { RecordAuthenticator } from './authenticate.ts';
import { createCatchUp } from './catch-up.ts';
import { type FirstEventRule, isRefusedEvent, type RefusedEvent, refusalBlocker } from './next-step.ts';
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
  /** Sequence of the last event that was applied or skipped. */
  readonly sequence: number;
  /** Why the account is still parked. */
  readonly cause?: string;
}

export interface ParkedAccountRetrierDeps<P extends Position> {
  readonly log: Pick<Bus, 'readKey'>;
  /** Verifies the records. Those that do not verify are skipped. */
  readonly authenticate: RecordAuthenticator;
  readonly positions: PositionStore<P>;
  readonly first: FirstEventRule;
  /** Returns the position of an account that the store does not know. */
  start(account: string): P;
  /**
   * Applies the account's next event. Before this resolves, any effect outside the position must be stored together
   * with the position, which still has its mark.
   * @param origin the mark that the account is parked with
   */
  handle(position: P, record: EventRecord, origin: Parked): Promise<P | RefusedEvent> | P | RefusedEvent;
  /**
   * Called between records.
   * @throws Error if reading must be abandoned, because the process stops or the partition was revoked
   */
  throwIfStopped?(): void;
  /**
   * Returns the sequence of the account's last event in the journal; 0 if there is none. If the account has reached it,
   * no event is missing, and an unreadable record was never an event. An account whose history has forked remains
   * parked.
   */
  lastDecided?(account: string): Promise<number>;
}

/** The positions before and after one pass over an account's records. */
interface Pass<P> {
  readonly before: P;
  readonly after: P;
}

export interface ParkedAccountRetrier<P extends Position> {
  /**
   * For operators, while the consumer runs: reads the account's records again from the one that parked it, and applies
   * the events that are due. Repeats this until a pass changes nothing. The consumer holds the account's records back
   * until the mark is cleared, so records that arrive before that are found only by the next pass.
   */
  retry(account: string): Promise<RetryOutcome>;
  /**
   * For the consumer, before its group's position moves past the missing event: reads the account's records from
   * the mark to the end of the slice, and applies the events that are due. Later records are not needed, because
   * the consumer is about to read them. An unreadable record among them keeps the account parked until an operator
   * retries it.
   * @param mark the mark of the account, as the consumer knows it
   * @param lastOffset the offset of the last record of the slice
   * @returns the position that the account has reached
   */
  resume(mark: Parked, lastOffset: number): Promise<P>;
}

interface Range {
  /** The offset after the last record to read. Undefined: to the end of the log. */
  readonly toOffset: number | undefined;
  readonly passesUnreadable: boolean;
}

export function createParkedAccountRetrier<P extends Position>(
  deps: ParkedAccountRetrierDeps<P>,
): ParkedAccountRetrier<P> {
  const { log, positions, start, handle } = deps;

  async function find(account: string): Promise<P> {
    return (await positions.load([account])).get(account) ?? start(account);
  }

  async function readOnce(
    before: P,
    origin: Parked,
    { toOffset, passesUnreadable }: Range,
  ): Promise<Pass<P>> {
    const { account, topic, partition, offset } = origin;
    const catchUp = createCatchUp({ position: before, origin, first: deps.first, passesUnreadable });
    let position = before;
    for await (const source of log.readKey(topic, partition, account, offset, toOffset)) {
      deps.throwIfStopped?.();
      const [record] = (await deps.authenticate([source])).records;
      if (record === undefined || !isAccountRecord(record)) continue;
      catchUp.take(record);
      for (let due = catchUp.due(); due !== undefined; due = catchUp.due()) {
        const result = await handle(position, due, origin);
        if (isRefusedEvent(result)) catchUp.onRefused(refusalBlocker(result));
        else {
          position = result;
          catchUp.onApplied(position);
        }
      }
    }
    // The journal is read after the log. So if the journal has no later event now, the records above contained none
    // either.
    const decided = await deps.lastDecided?.(account);
    const found = catchUp.blocker();
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
    // Replaces the mark if another pass or member has set a different one. If `handle` has stored a position with the
    // mark `origin`, the call above has already replaced that mark, and this call does nothing.
    if (before.parked && !isSameParkMark(before.parked, origin))
      await positions.replaceMark(before.parked, after.parked);
  }

  return {
    async retry(account) {
      const { parked: origin, sequence } = await find(account);
      if (origin === undefined) return { result: 'not parked', sequence };
      let latest: Pass<P>;
      do
        latest = await readOnce(await find(account), origin, { toOffset: undefined, passesUnreadable: true });
      while (!isUnchanged(latest.before, latest.after));
      return outcomeOf(latest.after);
    },

    async resume(mark, lastOffset) {
      let known: Parked | undefined = mark;
      let toOffset: number | undefined = lastOffset + 1;
      for (;;) {
        const before = await find(mark.account);
        if (waitsForOperator(before)) return before;
        // Another member has parked the account at a record that may come after this slice. Only reading to the end
        // of the log shows whether the account may continue, and passes are repeated until one of them changes
        // nothing, as in `retry`.
        if (before.parked && !(known && isSameParkMark(before.parked, known))) toOffset = undefined;
        const { after } = await readOnce(before, mark, {
          toOffset,
          passesUnreadable: before.parked === undefined,
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
