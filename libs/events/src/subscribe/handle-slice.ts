/** Reading on: slices of a topic, each event to its handler. */
import type { Slice } from '@latchkey/bus';
import {
  type AccountRecord,
  accountOf,
  envelopeOf,
  flawOf,
  isOfAccount,
  nextStep,
  type PlacedRecord,
  parkedAt,
  type ReadableRecord,
  type Step,
} from './next-step.ts';
import {
  beginningOf,
  deliver,
  isHandled,
  type ReaderDeps,
  readRecord,
  refuseIfStopped,
  typeOf,
} from './reader.ts';
import type { Position } from './sequence-store.ts';

/**
 * Handles the records of a slice one after the other. Rejects where a handler or the store fails, and before the
 * next event where its signal is aborted: the slice then comes again, here or to another member, and what is
 * stored by then is passed over.
 */
export function createSliceHandler(shared: Omit<ReaderDeps, 'stopped'>) {
  return async (slice: Slice): Promise<void> => {
    const deps = { ...shared, stopped: slice.signal };
    const records = slice.records.map(readRecord);
    const accounts = new Set(records.filter(isOfAccount).map(accountOf));
    const book = createBook(deps, await deps.store.load([...accounts]));
    for (const record of records) {
      refuseIfStopped(deps);
      if (isOfAccount(record)) await deps.turns.take(accountOf(record), () => take(deps, book, record));
      else leaveOut(deps, record);
    }
    await book.close();
  };
}

/** What a slice knows of positions, and which of them the store does not have yet. */
interface Book {
  of(account: string): Position;
  /** Looks it up again: another member, or a retry, may have come further or set a mark. */
  renew(account: string): Promise<void>;
  /** Written at the end of the slice: to pass an event over once more does no harm. */
  note(position: Position): void;
  /** Written now. */
  keep(position: Position): Promise<void>;
  close(): Promise<void>;
}

function createBook({ store }: ReaderDeps, known: ReadonlyMap<string, Position>): Book {
  const current = new Map(known);
  const unsaved = new Set<string>();
  function of(account: string) {
    return current.get(account) ?? { account, sequence: 0 };
  }

  return {
    of,
    async renew(account) {
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
    async keep(position) {
      await store.save([position]);
      current.set(position.account, position);
      unsaved.delete(position.account);
    },
    async close() {
      if (unsaved.size > 0) await store.save([...unsaved].map(of));
    },
  };
}

async function take(deps: ReaderDeps, book: Book, record: AccountRecord): Promise<void> {
  const account = accountOf(record);
  function next(): Step {
    return nextStep(book.of(account), record, beginningOf(deps.store));
  }
  if (hasEffect(deps, next())) {
    await book.renew(account);
    refuseIfStopped(deps);
  }
  const step = next();
  if (step.kind === 'due') await apply(deps, book, account, step.record);
  else if (step.kind === 'park') await park(deps, book, book.of(account), record, step.cause);
  else deps.observe(typeOf(record), step.kind);
}

/** Whether it does what another member or a retry may have done already. */
function hasEffect({ handlers }: ReaderDeps, step: Step): boolean {
  return step.kind === 'park' || (step.kind === 'due' && isHandled(handlers, step.record));
}

async function apply(deps: ReaderDeps, book: Book, account: string, record: ReadableRecord): Promise<void> {
  const reached = { account, sequence: envelopeOf(record).sequence };
  if (!isHandled(deps.handlers, record)) {
    book.note(reached);
    return deps.observe(typeOf(record), 'passed over');
  }
  const cause = await deliver(deps, record);
  if (cause !== undefined) return park(deps, book, book.of(account), record, cause);
  await book.keep(reached);
  deps.observe(typeOf(record), 'applied');
}

async function park(
  deps: ReaderDeps,
  book: Book,
  position: Position,
  record: PlacedRecord,
  cause: string,
): Promise<void> {
  const parked = parkedAt(position, record, cause);
  await book.keep({ ...position, parked });
  deps.observe(typeOf(record), 'parked');
  deps.logger.error({ parked }, 'an account is parked');
}

function leaveOut({ observe, logger }: ReaderDeps, record: PlacedRecord): void {
  const { topic, partition, offset } = record;
  observe('unusable', 'unusable');
  logger.warn({ topic, partition, offset, cause: flawOf(record) }, 'a record without a usable key');
}
