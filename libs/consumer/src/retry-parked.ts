/** Reads the records of a parked account again, so that it goes on once what held it up is repaired. */
import type { Bus } from '@latchkey/bus';
import { createCatchUp } from './catch-up.ts';
import { type FirstEvent, isRefused, type Refused, refusal } from './next-step.ts';
import { type Parked, type Position, type PositionStore, withMark } from './position-store.ts';
import { decodeRecord, type EventRecord, namesAccount } from './records.ts';

export interface RetryOutcome {
  readonly result: 'not parked' | 'goes on' | 'still parked';
  /** Sequence of the last event that was applied or passed over. */
  readonly sequence: number;
  /** What still holds the account up. */
  readonly cause?: string;
}

export interface RetryDeps<P extends Position> {
  readonly log: Pick<Bus, 'readKey'>;
  readonly positions: PositionStore<P>;
  readonly first: FirstEvent;
  /** Returns the position of an account that the store does not know. */
  start(account: string): P;
  /**
   * Applies the account's next event. An effect outside of the position must have been stored with it, still marked,
   * before this resolves; the position that it returns is stored otherwise.
   * @param origin the mark that the account is parked with
   */
  handle(position: P, record: EventRecord, origin: Parked): Promise<P | Refused> | P | Refused;
  /** Called with each position that was stored. */
  stored?(position: P): void;
  /**
   * Returns the sequence of the account's last event in the journal, 0 if it has none. With it, a missing event can be
   * told from a record that never was an event.
   */
  lastDecided?(account: string): Promise<number>;
}

/** What one look at an account's records has come to. */
interface Look<P> {
  readonly before: P;
  readonly after: P;
}

/**
 * Returns a function that reads an account's records again from the one that parked it, and applies what is due. It
 * looks again until it finds nothing new: while the account is marked, its consumer holds records back, so those that
 * arrive meanwhile are found by the look after the one that cleared the mark. Safe beside the consumer, and twice.
 */
export function createRetryParked<P extends Position>(deps: RetryDeps<P>) {
  const { log, positions, start, handle } = deps;

  async function find(account: string): Promise<P> {
    return (await positions.load([account])).get(account) ?? start(account);
  }

  async function look(origin: Parked): Promise<Look<P>> {
    const { account, topic, partition, offset } = origin;
    const before = await find(account);
    const catchUp = createCatchUp(before, origin, deps.first);
    let position = before;
    for await (const source of log.readKey(topic, partition, account, offset)) {
      const record = decodeRecord(source);
      if (!namesAccount(record)) continue;
      catchUp.take(record);
      for (let due = catchUp.due(); due !== undefined; due = catchUp.due()) {
        const result = await handle(position, due, origin);
        if (isRefused(result)) catchUp.refused(refusal(result));
        else {
          position = result;
          catchUp.applied(position.sequence);
        }
      }
    }
    // Asked after the records were read: an event that is later than this was not on the topic yet.
    const decided = await deps.lastDecided?.(account);
    const held = position.sequence === decided ? undefined : catchUp.held();
    const after = withMark(position, held && { ...origin, ...held });
    await store(before, after, origin);
    return { before, after };
  }

  async function store(before: P, after: P, origin: Parked): Promise<void> {
    if (isUnchanged(before, after)) return;
    await positions.save([after]);
    await positions.replaceMark(before.parked ?? origin, after.parked);
    deps.stored?.(after);
  }

  return async (account: string): Promise<RetryOutcome> => {
    const { parked: origin, sequence } = await find(account);
    if (origin === undefined) return { result: 'not parked', sequence };
    let latest: Look<P>;
    do latest = await look(origin);
    while (!isUnchanged(latest.before, latest.after));
    return outcomeOf(latest.after);
  };
}

function isUnchanged(before: Position, after: Position): boolean {
  return (
    before.sequence === after.sequence &&
    before.parked?.reason === after.parked?.reason &&
    before.parked?.cause === after.parked?.cause
  );
}

function outcomeOf({ sequence, parked }: Position): RetryOutcome {
  if (parked === undefined) return { result: 'goes on', sequence };
  return { result: 'still parked', sequence, cause: parked.cause };
}
