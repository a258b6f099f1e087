/** Reading again: lets a parked account go on, once what held it up is repaired. */
import type { Bus } from '@latchkey/bus';
import { catchUp } from './catch-up.ts';
import { type AccountRecord, envelopeOf, isOfAccount, type ReadableRecord } from './next-step.ts';
import {
  beginningOf,
  deliver,
  isHandled,
  type ReaderDeps,
  readRecord,
  refuseIfStopped,
  typeOf,
} from './reader.ts';
import type { Parked, Position } from './sequence-store.ts';

export interface RetryOutcome {
  readonly result: 'not parked' | 'goes on' | 'still parked';
  /** Of the last event that was handled or passed over. */
  readonly sequence: number;
  /** What still holds it up. */
  readonly cause?: string;
}

export type RetryDeps = ReaderDeps & { readonly bus: Pick<Bus, 'readKey'> };

/**
 * Reads the account's records again from the one that parked it, and hands what is due to the handlers, until
 * another look finds nothing: records are held back for as long as the mark stands, so those that came meanwhile
 * are found by the look after the one that took it off. From then on the consumer takes events too: so the
 * position is read behind the records, and again before each event.
 */
export function createRetryParked(deps: RetryDeps) {
  return async (account: string): Promise<RetryOutcome> => {
    const { parked: origin, sequence } = await find(deps, account);
    if (origin === undefined) return { result: 'not parked', sequence };

    for (;;) {
      const records = await readAccount(deps, origin);
      const position = await find(deps, account);
      const { due, cause } = catchUp(position, origin, records, beginningOf(deps.store));
      const reached = await handleDue(deps, position, origin, due);
      const held = reached.cause ?? cause;
      if (held !== undefined) return hold(deps, reached, { ...origin, cause: held });
      if (due.length === 0 && position.parked === undefined)
        return { result: 'goes on', sequence: reached.sequence };
      await release(deps, account);
    }
  };
}

async function find({ store }: RetryDeps, account: string): Promise<Position> {
  return (await store.load([account])).get(account) ?? { account, sequence: 0 };
}

async function readAccount({ bus }: RetryDeps, origin: Parked): Promise<readonly AccountRecord[]> {
  const { topic, partition, account, offset } = origin;
  const records: AccountRecord[] = [];
  for await (const source of bus.readKey(topic, partition, account, offset)) {
    const record = readRecord(source);
    if (isOfAccount(record)) records.push(record);
  }
  return records;
}

type Reached = { readonly account: string; readonly sequence: number; readonly cause?: string };

async function handleDue(
  deps: RetryDeps,
  { account, sequence }: Position,
  origin: Parked,
  due: readonly ReadableRecord[],
): Promise<Reached> {
  let reached: Reached = { account, sequence };
  for (const record of due) {
    reached = await deps.turns.take(account, () => handleNext(deps, origin, record));
    if (reached.cause !== undefined) break;
  }
  return reached;
}

/** The mark stays on, or is set again: others hold the account back meanwhile, and a crash leaves it parked. */
async function handleNext(deps: RetryDeps, origin: Parked, record: ReadableRecord): Promise<Reached> {
  const { account } = origin;
  const position = await find(deps, account);
  refuseIfStopped(deps);
  const { sequence } = envelopeOf(record);
  if (sequence <= position.sequence) return { account, sequence: position.sequence };
  const cause = await deliver(deps, record);
  if (cause !== undefined) return { account, sequence: position.sequence, cause };
  await deps.store.save([{ account, sequence, parked: origin }]);
  deps.observe(typeOf(record), isHandled(deps.handlers, record) ? 'applied' : 'passed over');
  return { account, sequence };
}

async function hold(
  { store }: RetryDeps,
  { account, sequence }: Reached,
  parked: Parked,
): Promise<RetryOutcome> {
  await store.save([{ account, sequence, parked }]);
  return { result: 'still parked', sequence, cause: parked.cause };
}

async function release(deps: RetryDeps, account: string): Promise<void> {
  const { parked } = await find(deps, account);
  if (parked !== undefined) await deps.store.unpark(parked);
}
