import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HeldLease } from './lease-watch.ts';
import { createLeases, type LeaseRecords } from './leases.ts';
import { StoreUnavailable } from './store-unavailable.ts';

const LEASE_MS = 10_000;
const DAY_MS = 86_400_000;

function memoryRecords(): LeaseRecords {
  const byName = new Map<string, HeldLease>();
  function isHeld({ name, holder, until }: HeldLease): boolean {
    const held = byName.get(name);
    return held?.holder === holder && held.until.getTime() === until.getTime();
  }
  return {
    find: async (name) => byName.get(name),
    async insert(lease) {
      const isFree = !byName.has(lease.name);
      if (isFree) byName.set(lease.name, lease);
      return isFree;
    },
    async replace(before, next) {
      const isUnchanged = isHeld(before);
      if (isUnchanged) byName.set(next.name, next);
      return isUnchanged;
    },
    async remove(name, holder) {
      if (byName.get(name)?.holder === holder) byName.delete(name);
    },
  };
}

/**
 * Creates processes that share one store. Their monotonic clocks run at the same speed, but each process has
 * its own wall clock.
 */
function createProcesses() {
  const records = memoryRecords();
  let ms = 0;
  return {
    pass: (by: number): void => {
      ms += by;
    },
    /**
     * Creates a process with its own wall clock.
     * @param offsets how far the wall clock is ahead, in ms: the first value is for the first reading of the
     * clock, and so on; the last value is for all further readings
     */
    process: (holder: string, ...offsets: readonly number[]) => {
      const leases = createLeases(records, () => 1e6 * holder.length + ms);
      let asked = 0;
      return {
        take: (name = 'sweep') => {
          const offset = offsets[Math.min(asked++, offsets.length - 1)] ?? 0;
          return leases.take({ name, holder, now: new Date(DAY_MS * 1000 + ms + offset), ms: LEASE_MS });
        },
        release: () => leases.release('sweep', holder),
      };
    },
  };
}

describe('a lease', () => {
  test('is taken over once it was seen unchanged for its length', async () => {
    const { pass, process } = createProcesses();
    const [one, other] = [process('one'), process('other')];
    assert.equal(await one.take(), true);
    assert.equal(await other.take(), false);
    pass(LEASE_MS - 1);
    assert.equal(await other.take(), false);
    pass(1);
    assert.equal(await other.take(), true);
    assert.equal(await one.take(), false);
  });

  test('is kept by a holder that renews it, even if its clock does not advance', async () => {
    const { pass, process } = createProcesses();
    const [one, other] = [process('one', 0, -5000, -10_000, -15_000), process('other')];
    await one.take();
    for (let round = 0; round < 3; round++) {
      assert.equal(await other.take(), false);
      pass(5000);
      assert.equal(await one.take(), true);
    }
  });

  test('is not taken from its holder by a process whose clock is ahead', async () => {
    const { process } = createProcesses();
    assert.equal(await process('one').take(), true);
    assert.equal(await process('ahead', DAY_MS).take(), false);
  });

  test('of a holder whose clock was ahead is void after its length', async () => {
    const { pass, process } = createProcesses();
    const other = process('other');
    await process('ahead', DAY_MS).take();
    await other.take();
    pass(LEASE_MS);
    assert.equal(await other.take(), true);
  });

  test('is free at once when its holder releases it, and says nothing about leases of other names', async () => {
    const { process } = createProcesses();
    const [one, other] = [process('one'), process('other')];
    await one.take();
    assert.equal(await other.take('expiry'), true);
    await one.release();
    assert.equal(await other.take(), true);
  });

  test('is never held by two who renew it in time, whatever their clocks show', async () => {
    const offset = fc.integer({ min: -DAY_MS, max: DAY_MS });
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: LEASE_MS / 2 }), fc.boolean()));
    await fc.assert(
      fc.asyncProperty(fc.array(offset, { minLength: 1 }), offset, steps, async (jumps, skew, moves) => {
        const { pass, process } = createProcesses();
        const [holder, other] = [process('holder', ...jumps), process('other', skew)];
        await holder.take();
        for (const [ms, isOther] of moves) {
          pass(ms);
          if (isOther) assert.equal(await other.take(), false);
          assert.equal(await holder.take(), true);
        }
      }),
    );
  });

  test('that cannot be released, because the store is unavailable, is left to expire', async () => {
    let failure: Error = new StoreUnavailable(new Error('away'));
    async function remove() {
      throw failure;
    }
    const leases = createLeases({ ...memoryRecords(), remove });
    await leases.release('sweep', 'one');
    failure = new TypeError('a bug');
    await assert.rejects(leases.release('sweep', 'one'), failure);
  });
});
