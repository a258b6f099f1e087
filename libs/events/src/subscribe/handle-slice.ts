/** Handles slices of a topic, by passing each event to its handler. */
import type { PartitionSlice } from '@latchkey/bus';
import {
  type AccountBlocker,
  type AccountRecord,
  accountOf,
  computePositionAfterEvent,
  createParkMark,
  type DecodedRecord,
  decideNextStep,
  decodeFailureOf,
  distinctAccountIds,
  type EventRecord,
  findParkMarkToRetry,
  isAccountRecord,
  type NextRecordStep,
  type Parked,
  type Position,
  recordTypeOf,
} from '@latchkey/consumer';
import { createSubscriptionRetrier } from './retry-parked.ts';
import {
  type EventSubscriber,
  hasHandler,
  observeEventOutcome,
  reportForgedRecords,
  runHandlerForRecord,
  selectFirstEventRule,
  throwIfSubscriptionStopped,
} from './subscriber.ts';

/**
 * Returns a function that handles the records of a slice one by one. The function rejects if the store or a
 * handler fails. If the slice's signal is aborted, the function rejects before it handles the next record.
 * After a rejection, the slice is delivered again, to this member or another. Events whose positions were
 * already stored are then skipped.
 */
export function createOrderedSliceHandler(shared: Omit<EventSubscriber, 'stopped'>) {
  return async (slice: PartitionSlice): Promise<void> => {
    const subscriber = { ...shared, stopped: slice.signal };
    const { records, forged } = await subscriber.authenticate(slice.records);
    reportForgedRecords(subscriber, forged);
    const book = createBook(subscriber, await subscriber.store.load(distinctAccountIds(records)));
    const resume = createResume(subscriber, book, slice);
    for (const record of records) {
      throwIfSubscriptionStopped(subscriber);
      if (isAccountRecord(record)) {
        const mark = await subscriber.mutex.run(accountOf(record), () => take(subscriber, book, record));
        if (mark !== undefined) await resume(mark);
      } else passOverUnusable(subscriber, record);
    }
    await book.close();
  };
}

/**
 * The positions of the accounts in a slice, cached while the slice is handled. The position after an event
 * without an effect is stored only at the end of the slice.
 */
interface Book {
  of(account: string): Position;
  /**
   * Loads a position from the store again. Needed because another member, or the retry of a parked account,
   * may have changed the stored position.
   */
  reload(account: string): Promise<void>;
  /**
   * Sets a position in the cache only; the position is stored at the end of the slice. Must be used only for
   * events without an effect, because the position may be lost. In that case, the event is skipped once more,
   * which does no harm.
   */
  note(position: Position): void;
  /** Stores the position of an account immediately. */
  save(position: Position): Promise<void>;
  close(): Promise<void>;
}

function createBook({ store }: EventSubscriber, known: ReadonlyMap<string, Position>): Book {
  const current = new Map(known);
  const unsaved = new Set<string>();
  function of(account: string) {
    return current.get(account) ?? { account, sequence: 0 };
  }

  return {
    of,
    async reload(account) {
      const stored = (await store.load([account])).get(account);
      if (stored === undefined || (stored.sequence < of(account).sequence && stored.parked === undefined))
        return;
      current.set(account, stored);
      unsaved.delete(account);
    },
    note(position) {
      current.set(position.account, position);
      unsaved.add(position.account);
    },
    async save(position) {
      await store.save([position]);
      current.set(position.account, position);
      unsaved.delete(position.account);
    },
    async close() {
      if (unsaved.size > 0) await store.save([...unsaved].map(of));
    },
  };
}

/**
 * Returns a function that resumes a parked account: it handles the account's due events up to the end of
 * the slice. For each account, it does so at most once.
 */
function createResume(subscriber: EventSubscriber, book: Book, { records }: PartitionSlice) {
  const lastOffset = records.at(-1)?.offset ?? 0;
  const resumed = new Set<string>();
  return async (mark: Parked): Promise<void> => {
    const { account } = mark;
    if (resumed.has(account)) return;
    resumed.add(account);
    const { sequence, parked } = await createSubscriptionRetrier(subscriber).resume(mark, lastOffset);
    await book.reload(account);
    if (parked === undefined) subscriber.logger.info({ account, sequence }, 'a parked account was unparked');
  };
}

/**
 * Handles one record of an account.
 * @returns the mark of the account, if the account was parked and may be able to continue after this record
 */
async function take(
  subscriber: EventSubscriber,
  book: Book,
  record: AccountRecord,
): Promise<Parked | undefined> {
  const account = accountOf(record);
  function next(): NextRecordStep {
    return decideNextStep(book.of(account), record, selectFirstEventRule(subscriber));
  }
  if (hasEffect(subscriber, next())) {
    await book.reload(account);
    throwIfSubscriptionStopped(subscriber);
  }
  const step = next();
  if (step.kind === 'due') await apply(subscriber, book, book.of(account), step.record);
  else if (step.kind === 'park') await park(subscriber, book, book.of(account), record, step.blocker);
  else if (step.kind !== 'missing') subscriber.observe(recordTypeOf(record), step.kind);
  return findParkMarkToRetry(book.of(account), step);
}

/**
 * Returns whether a step has an effect, such as a call of a handler. Before a step with an effect, the
 * caller must check that no other member or retry has already performed the step.
 */
function hasEffect(subscriber: EventSubscriber, step: NextRecordStep): boolean {
  if (step.kind === 'park' || step.kind === 'missing') return true;
  return step.kind === 'due' && hasHandler(subscriber, step.record);
}

async function apply(
  subscriber: EventSubscriber,
  book: Book,
  position: Position,
  record: EventRecord,
): Promise<void> {
  const reached = computePositionAfterEvent(position, record);
  if (hasHandler(subscriber, record)) {
    const cause = await runHandlerForRecord(subscriber, record);
    if (cause !== undefined) return park(subscriber, book, position, record, { reason: 'refused', cause });
    await book.save(reached);
  } else book.note(reached);
  observeEventOutcome(subscriber, record);
}

async function park(
  subscriber: EventSubscriber,
  book: Book,
  position: Position,
  record: AccountRecord,
  blocker: AccountBlocker,
): Promise<void> {
  const parked = createParkMark(position, record, blocker);
  await book.save({ ...position, parked });
  subscriber.observe(recordTypeOf(record), 'parked');
  subscriber.logger.error({ parked }, 'an account is parked');
}

function passOverUnusable({ observe, logger }: EventSubscriber, record: DecodedRecord): void {
  const { topic, partition, offset } = record.source;
  observe('unusable', 'unusable');
  logger.warn({ topic, partition, offset, cause: decodeFailureOf(record) }, 'a record without a usable key');
}
