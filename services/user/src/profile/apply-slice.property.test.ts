import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LatchkeyEvent } from '@latchkey/events';
import fc from 'fast-check';
import { type History, historyOf } from '../testing/history.ts';
import { type Account, sequenceOf } from './account.ts';
import type { AccountRecord, PlacedRecord } from './apply-record.ts';
import { applySlice } from './apply-slice.ts';
import { catchUp } from './catch-up.ts';

const person = fc.option(fc.record({ email: fc.string(), username: fc.string() }));

const nextEvent: fc.Arbitrary<(account: History) => LatchkeyEvent> = fc.oneof(
  person.map((who) => (account: History) => account.add('AccountVerified', { locale: 'en', person: who })),
  fc
    .string()
    .map((firstName) => (account: History) => account.add('ProfileChanged', { person: { firstName } })),
  fc.constant((account: History) => account.add('SessionsRevoked', { reason: 'admin' })),
  fc.constant((account: History) => account.add('AccountDisabled', { changedBy: 'ops', person: null })),
  fc.constant((account: History) => account.add('RegistrationEnded', { reason: 'expired' })),
);

/** Events of three accounts, each a history of its own, mixed. */
const events = fc.array(fc.tuple(fc.nat(2), nextEvent), { maxLength: 40 }).map((choices) => {
  const accounts = ['ada', 'bob', 'carol'].map((name) => historyOf(name));
  const begun = accounts.map((account) => account.registered());
  return [...begun, ...choices.flatMap(([which, make]) => accounts.slice(which, which + 1).map(make))];
});

function recordOf(event: LatchkeyEvent, offset = 0): AccountRecord {
  return {
    partition: 0,
    offset,
    decoded: { kind: 'event', event },
  };
}

type Store = ReadonlyMap<string, Account>;

function apply(store: Store, records: readonly PlacedRecord[]): Store {
  return new Map([
    ...store,
    ...applySlice(store, records).changed.map((account) => [account.id, account] as const),
  ]);
}

function foldAll(records: readonly PlacedRecord[]): Store {
  return apply(new Map(), records);
}

describe('slices of a log', () => {
  test('come to the same however the log is cut', () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(45)), (log, cuts) => {
        const records = log.map(recordOf);
        const at = [0, ...cuts.toSorted((a, b) => a - b), records.length];
        const slices = at.slice(1).map((end, index) => records.slice(at[index], end));
        assert.deepEqual(slices.reduce<Store>(apply, new Map()), foldAll(records));
      }),
    );
  });

  test('come to the same when any of them is handed over again', () => {
    fc.assert(
      fc.property(events, fc.nat(45), fc.nat(45), (log, from, length) => {
        const records = log.map(recordOf);
        const again = [...records.slice(0, from + length), ...records.slice(from)];
        assert.deepEqual(foldAll(again), foldAll(records));
      }),
    );
  });

  test('park an account at its first missing event and leave the others as they would be', () => {
    fc.assert(
      fc.property(events, fc.nat(45), (log, missing) => {
        const lost = log[missing % log.length];
        assert.ok(lost);
        const whole = foldAll(log.map(recordOf));
        const records = log
          .map(recordOf)
          .filter(({ decoded }) => decoded.kind === 'event' && decoded.event !== lost);
        for (const [id, account] of foldAll(records)) {
          if (id !== lost.subject) assert.deepEqual(account, whole.get(id));
          else if (account.parked) assert.equal(sequenceOf(account), lost.sequence - 1);
        }
        const held = foldAll(records).get(lost.subject);
        const follows = log.some(
          ({ subject, sequence }) => subject === lost.subject && sequence > lost.sequence,
        );
        assert.equal(held?.parked !== undefined, follows);
      }),
    );
  });

  test('bring a parked account back once the missing event is published anywhere behind', () => {
    fc.assert(
      fc.property(events, fc.nat(45), (log, missing) => {
        const lost = log[missing % log.length];
        assert.ok(lost);
        const records = log.map(recordOf);
        const holed = records.filter(({ decoded }) => decoded.kind === 'event' && decoded.event !== lost);
        const parked = foldAll(holed).get(lost.subject);
        if (parked?.parked === undefined) return;
        const { parked: origin } = parked;
        const again = [...holed.filter(({ offset }) => offset >= origin.offset), recordOf(lost)].filter(
          ({ decoded }) => decoded.kind === 'event' && decoded.event.subject === lost.subject,
        );
        const once = catchUp(parked, origin, again);
        assert.deepEqual(catchUp(once, origin, again), foldAll(records).get(lost.subject));
      }),
    );
  });
});
