import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SHORT_RUN } from '../settings.ts';
import { CLUSTER_FAULT_LANES, FAULT_KINDS, type FaultKind, planFaults } from './schedule.ts';

function kindsOf(seed: number, seconds: number, without: readonly FaultKind[] = []) {
  return new Set(
    planFaults({ seed, seconds, without })
      .flat()
      .map(({ fault }) => fault),
  );
}

const plans = fc.record({ seed: fc.nat(), seconds: fc.integer({ min: 30, max: 2000 }) });

function isForLongRuns(fault: FaultKind): boolean {
  return CLUSTER_FAULT_LANES.some(({ kinds }) =>
    kinds.some((kind) => kind.fault === fault && 'from' in kind),
  );
}

describe('the plan of the faults', () => {
  test('is the same for the same seed, and different for another seed', () => {
    const plan = planFaults({ seed: 7, seconds: 150 });
    assert.deepEqual(planFaults({ seed: 7, seconds: 150 }), plan);
    assert.notDeepEqual(planFaults({ seed: 8, seconds: 150 }), plan);
  });

  test('never repeats the schedule of a lane in another run', () => {
    // Give all lanes the same settings. Two lanes with the same schedule must then have used the same random
    // numbers.
    const lanes = CLUSTER_FAULT_LANES.map(() => CLUSTER_FAULT_LANES[0]);
    const schedules = Array.from({ length: 20 }, (_, seed) => planFaults({ seed, seconds: 300, lanes }));
    const all = schedules.flat().map((lane) => JSON.stringify(lane));
    assert.equal(new Set(all).size, all.length);
  });

  test('has one fault at a time in each lane, and none in the calm time at its end', () => {
    fc.assert(
      fc.property(plans, (options) => {
        for (const [index, lane] of planFaults(options).entries()) {
          let free = 0;
          for (const { atMs, forMs, target } of lane) {
            assert.ok(atMs > free);
            assert.ok(target >= 0 && target < (CLUSTER_FAULT_LANES[index]?.targets ?? 0));
            free = atMs + forMs;
          }
          const calm = Math.min(CLUSTER_FAULT_LANES[index]?.calm ?? 0, options.seconds / 2);
          assert.ok(free <= (options.seconds - calm) * 1000 || lane.length === 0);
        }
      }),
    );
  });

  test('has fewer faults if their pauses are longer', () => {
    function faults(pauses: number) {
      return planFaults({ seed: 7, seconds: 600, pauses }).flat().length;
    }
    assert.equal(faults(1), planFaults({ seed: 7, seconds: 600 }).flat().length);
    assert.ok(faults(3) < 0.6 * faults(1));
  });

  test('omits faults that this machine cannot cause', () => {
    assert.ok(kindsOf(1, 2000).has('stop-mongodb'));
    assert.ok(!kindsOf(1, 2000, ['stop-mongodb']).has('stop-mongodb'));
  });

  test('has every kind that fits into the short run', () => {
    const fitting = FAULT_KINDS.filter((kind) => !isForLongRuns(kind));
    assert.deepEqual([...kindsOf(SHORT_RUN.seed, SHORT_RUN.seconds)].toSorted(), fitting.toSorted());
  });

  test('has every kind in a long run, and no fault longer than a lease in a short run', () => {
    assert.deepEqual(kindsOf(1, 4000), new Set(FAULT_KINDS));
    assert.ok(!kindsOf(1, 239).has('pause-notifier-past-lease'));
  });
});
