import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import fc from 'fast-check';
import { applySlice } from './apply-slice.ts';
import { createParkedEventSorter } from './parked-event-sorter.ts';
import type { Position } from './position-store.ts';
import { accountOf, decodeRecord, type EventRecord, isAccountRecord, sequenceOf } from './records.ts';
import { createTestAccountId, createTestEventRecord } from './testing/history.ts';

interface State extends Position {
  /**
   * The sequences of the events that were applied to the account, in the order in which they were applied.
   */
  readonly applied: readonly number[];
}

function start(account: string): State {
  return { account, sequence: 0, applied: [] };
}

function apply(state: State, record: EventRecord): State {
  const sequence = sequenceOf(record);
  return { ...state, sequence, applied: [...state.applied, sequence] };
}

/** Generates logs with the events of three accounts, mixed at random. */
const logs = fc.array(fc.nat(2), { maxLength: 40 }).map((accounts) => {
  const sequences = [0, 0, 0];
  return accounts.map((number, offset) => {
    const sequence = (sequences[number] ?? 0) + 1;
    sequences[number] = sequence;
    return createTestEventRecord(createTestAccountId(number), sequence, offset);
  });
});

type Store = ReadonlyMap<string, State>;

function foldOnto(store: Store, records: readonly BusRecord[]): Store {
  const { changed } = applySlice(store, records.map(decodeRecord), { start, apply });
  return new Map([...store, ...changed.map((state) => [state.account, state] as const)]);
}

function foldAll(records: readonly BusRecord[]): Store {
  return foldOnto(new Map(), records);
}

function eventsOf(account: string, records: readonly BusRecord[]): readonly EventRecord[] {
  return records
    .map(decodeRecord)
    .filter(isAccountRecord)
    .filter((record) => accountOf(record) === account) as readonly EventRecord[];
}

describe('slices of a log', () => {
  test('have the same result however the log is cut', () => {
    fc.assert(
      fc.property(logs, fc.array(fc.nat(45)), (log, cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), log.length];
        const slices = at.slice(1).map((end, index) => log.slice(at[index], end));
        assert.deepEqual(slices.reduce<Store>(foldOnto, new Map()), foldAll(log));
      }),
    );
  });

  test('have the same result when some of them are redelivered', () => {
    fc.assert(
      fc.property(logs, fc.nat(45), fc.nat(45), (log, from, length) => {
        const again = [...log.slice(0, from + length), ...log.slice(from)];
        assert.deepEqual(foldAll(again), foldAll(log));
      }),
    );
  });

  test('park an account at its first missing event and leave the others as they would be', () => {
    fc.assert(
      fc.property(logs, fc.nat(45), (log, missing) => {
        const lost = log[missing % log.length];
        fc.pre(lost !== undefined);
        const account = String(lost.key);
        const [sequence = 0] = eventsOf(account, [lost]).map(sequenceOf);
        const whole = foldAll(log);
        const holed = foldAll(log.filter((record) => record !== lost));
        for (const [id, state] of holed) if (id !== account) assert.deepEqual(state, whole.get(id));
        const held = holed.get(account);
        assert.equal(held?.sequence ?? 0, sequence - 1);
        const hasLater = (whole.get(account)?.sequence ?? 0) > sequence;
        assert.equal(held?.parked?.reason, hasLater ? 'gap' : undefined);
      }),
    );
  });

  test('let a parked account catch up once its missing event is published, anywhere later', () => {
    fc.assert(
      fc.property(logs, fc.nat(45), fc.nat(45), (log, missing, later) => {
        const lost = log[missing % log.length];
        fc.pre(lost !== undefined);
        const account = String(lost.key);
        const holed = log.filter((record) => record !== lost);
        const parked = foldAll(holed).get(account);
        fc.pre(parked?.parked !== undefined);
        const { parked: origin } = parked;
        const at = holed.findIndex(({ offset }) => offset >= origin.offset) + 1 + (later % holed.length);
        const again = [...holed.slice(0, at), lost, ...holed.slice(at)].filter(
          ({ offset }) => offset >= origin.offset || offset === lost.offset,
        );
        const sorter = createParkedEventSorter({
          position: parked,
          parkMark: origin,
          firstEventRule: 'one',
          skipsUnreadable: true,
        });
        const applied: number[] = [...parked.applied];
        for (const record of eventsOf(account, again)) {
          sorter.take(record);
          for (let due = sorter.due(); due !== undefined; due = sorter.due()) {
            applied.push(sequenceOf(due));
            sorter.onApplied({ account, sequence: sequenceOf(due) });
          }
        }
        assert.deepEqual(applied, foldAll(log).get(account)?.applied);
        assert.equal(sorter.blocker(), undefined);
      }),
    );
  });
});
