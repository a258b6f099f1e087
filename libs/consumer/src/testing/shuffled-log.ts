/** Generates logs on which some events are lost, late or repeated. */
import type { BusRecord } from '@latchkey/bus';
import { subjectOfKey } from '@latchkey/events';
import fc from 'fast-check';
import { createTestAccountId, createTestEventRecord, createUnreadableTestRecord } from './history.ts';

/** For each copy of an event, how many positions late it is. An event without copies is lost. */
const copies = fc.oneof(
  { weight: 5, arbitrary: fc.constant([0]) },
  { weight: 4, arbitrary: fc.array(fc.nat(25), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant([]) },
);

interface Entry {
  readonly account: string;
  /** Sequence of the event; undefined for a record that cannot be read. */
  readonly sequence: number | undefined;
}

export interface ShuffledLog {
  readonly records: readonly BusRecord[];
  readonly accounts: readonly string[];
  /** Returns how many events of an account can be applied: all events before its first missing event. */
  complete(account: string): number;
  /** Returns whether an event of an account arrived although an earlier event is missing. */
  hasGap(account: string): boolean;
  hasUnreadable(account: string): boolean;
}

/**
 * Generates logs on which some events are lost, late, repeated or unreadable. @param maxUnreadable the
 * maximum number of unreadable records
 */
export function shuffledLogArbitrary(maxUnreadable: number): fc.Arbitrary<ShuffledLog> {
  const events = fc.array(fc.record({ number: fc.nat(1), copies }), { maxLength: 24 });
  const garbage = fc.array(fc.record({ number: fc.nat(1), at: fc.nat(40) }), { maxLength: maxUnreadable });
  return fc.tuple(events, garbage).map(([decided, unreadables]) => {
    const last = [0, 0];
    const placed: { readonly at: number; readonly entry: Entry }[] = [];
    decided.forEach((event, index) => {
      const sequence = (last[event.number] ?? 0) + 1;
      last[event.number] = sequence;
      for (const late of event.copies)
        placed.push({ at: index + late, entry: { account: createTestAccountId(event.number), sequence } });
    });
    for (const { number, at } of unreadables)
      placed.push({ at, entry: { account: createTestAccountId(number), sequence: undefined } });
    return logOf(placed.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry));
  });
}

function logOf(entries: readonly Entry[]): ShuffledLog {
  function arrived(account: string): ReadonlySet<number> {
    return new Set(entries.flatMap((each) => (each.account === account ? (each.sequence ?? []) : [])));
  }
  function complete(account: string): number {
    const sequences = arrived(account);
    let last = 0;
    while (sequences.has(last + 1)) last += 1;
    return last;
  }
  return {
    records: entries.map(({ account, sequence }, offset) =>
      sequence === undefined
        ? createUnreadableTestRecord(account, offset)
        : createTestEventRecord(account, sequence, offset),
    ),
    accounts: [createTestAccountId(0), createTestAccountId(1)],
    complete,
    hasGap: (account) => Math.max(0, ...arrived(account)) > complete(account),
    hasUnreadable: (account) =>
      entries.some((each) => each.account === account && each.sequence === undefined),
  };
}

/** Yields the records of one key within a range of offsets, like a bus. */
export async function* readRecordsOfKey(
  records: readonly BusRecord[],
  key: string,
  from: number,
  to?: number,
) {
  yield* records.slice(from, to).filter(({ key: each }) => subjectOfKey(each) === key);
}

/**
 * Returns a function that runs work, and throws before or after some of its calls. A number identifies each
 * moment at which it can throw: 0 is before the first call, 1 is after the first call, 2 is before the second
 * call, and so on.
 * @param failingMoments the numbers of the moments at which the function throws
 */
export function createFailureInjector(failingMoments: readonly number[]) {
  const left = new Set(failingMoments);
  let calls = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const [before, after] = [calls, calls + 1];
    calls += 2;
    if (left.has(before)) throw new Error('away before');
    const result = await work();
    if (left.has(after)) throw new Error('away after');
    return result;
  };
}
