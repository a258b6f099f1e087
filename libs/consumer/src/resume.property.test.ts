/**
 * Tests that accounts that were parked because of a missing event resume by themselves, even if records are
 * lost, late or repeated and the store fails.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord } from '@latchkey/bus';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { distinctAccountIds } from './apply-slice.ts';
import { createMemoryPositionStore } from './memory-positions.ts';
import type { Position, PositionStore } from './position-store.ts';
import { decodeRecord, type EventRecord, sequenceOf } from './records.ts';
import { createTestGroupMember, deliverInSlices, type RunStoreCall } from './testing/group-member.ts';
import { createTestAccountId, createTestEventRecord } from './testing/history.ts';
import { createFailureInjector, type ShuffledLog, shuffledLogArbitrary } from './testing/shuffled-log.ts';
import { acceptAllRecords } from './testing/signed.ts';

/** The state that is derived from events: the sequences of the applied events, in order. */
interface State extends Position {
  readonly applied: readonly number[];
}

function start(account: string): State {
  return { account, sequence: 0, applied: [] };
}

function apply(state: State, record: EventRecord): State {
  const sequence = sequenceOf(record);
  return { ...state, sequence, applied: [...state.applied, sequence] };
}

function memberOf(positions: PositionStore<State>, records: readonly BusRecord[], call: RunStoreCall) {
  return createTestGroupMember({ positions, records, call, authenticate: acceptAllRecords, start, apply });
}

async function assertHealed(positions: PositionStore<State>, log: ShuffledLog): Promise<void> {
  const states = await positions.load(log.accounts);
  for (const account of log.accounts) {
    const { applied, parked } = states.get(account) ?? start(account);
    assert.deepEqual(applied, upTo(log.complete(account)));
    assert.equal(parked?.reason, log.hasGap(account) ? 'gap' : undefined);
  }
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

const sizes = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });
const failures = fc.array(fc.nat(150), { maxLength: 30 });

describe('an account that misses an event', () => {
  test('resumes when the event arrives, in order and each event once, despite failures of the store', async () => {
    await fc.assert(
      fc.asyncProperty(shuffledLogArbitrary(0), sizes, failures, async (log, cuts, failing) => {
        const positions = createMemoryPositionStore<State>();
        const member = memberOf(positions, log.records, createFailureInjector(failing));
        await deliverInSlices(member.handle, log.records, cuts);
        await assertHealed(positions, log);
      }),
      { numRuns: chooseRunCount({ some: 100, all: 300 }) },
    );
  });

  test('stays marked if a member that lost its partition reads only records before the one that waits', async () => {
    const log = [2, 4, 1].map((sequence, offset) =>
      createTestEventRecord(createTestAccountId(0), sequence, offset),
    );
    const positions = createMemoryPositionStore<State>();
    const [late, owner] = [1, 2].map(() => memberOf(positions, log, (work) => work()));
    assert.ok(late && owner);
    await owner.handle(log);
    await late.handle(log.slice(0, 1));
    const [state] = (await positions.load(distinctAccountIds(log.map(decodeRecord)))).values();
    assert.deepEqual(state?.applied, [1, 2]);
    assert.equal(state?.parked?.cause, 'event 4 came where 3 was due');
  });

  test('resumes although two members handle its partition after a rebalance', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        shuffledLogArbitrary(0),
        sizes,
        fc.nat(40),
        fc.integer({ min: 1, max: 12 }),
        async (scheduler, log, cuts, from, length) => {
          const positions = createMemoryPositionStore<State>();
          const scheduled: RunStoreCall = (work) => scheduler.schedule(Promise.resolve()).then(work);
          const [late, owner] = [1, 2].map(() => memberOf(positions, log.records, scheduled));
          assert.ok(late && owner);
          // The group has handled the records up to `from`. The member `late` then gets the next slice, but
          // loses the partition while it handles this slice. Therefore `owner` gets the same slice, too.
          const before = memberOf(positions, log.records, (work) => work());
          await deliverInSlices(before.handle, log.records.slice(0, from), cuts);
          const stale = log.records.slice(from, from + length);
          const both = Promise.all([
            stale.length > 0 && late.handle(stale),
            deliverInSlices(owner.handle, log.records.slice(from), cuts),
          ]);
          await scheduler.waitFor(both);
          await assertHealed(positions, log);
        },
      ),
      { numRuns: chooseRunCount({ some: 100, all: 300 }) },
    );
  });

  test('stays parked at a record that cannot be read, until an operator retries it', async () => {
    await fc.assert(
      fc.asyncProperty(shuffledLogArbitrary(4), sizes, failures, async (log, cuts, failing) => {
        const positions = createMemoryPositionStore<State>();
        await deliverInSlices(
          memberOf(positions, log.records, createFailureInjector(failing)).handle,
          log.records,
          cuts,
        );
        const { retry } = memberOf(positions, log.records, (work) => work());
        for (const account of log.accounts) {
          const { applied, parked } = (await positions.load([account])).get(account) ?? start(account);
          assert.deepEqual(applied, upTo(applied.length));
          assert.equal(parked !== undefined, log.hasGap(account) || log.hasUnreadable(account));
          await retry(account);
          const after = (await positions.load([account])).get(account) ?? start(account);
          assert.deepEqual(after.applied, upTo(log.complete(account)));
          if (after.parked?.reason === 'gap') assert.ok(log.hasGap(account));
        }
      }),
      { numRuns: chooseRunCount({ some: 100, all: 300 }) },
    );
  });
});
