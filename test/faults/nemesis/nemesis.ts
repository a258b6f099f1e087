/** Causes the faults of a plan at their times, and heals each of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultLine, Readiness } from '../run-folder.ts';
import type { CountHitsOfFault } from './hits.ts';
import type { ClusterFault, FaultKind, PlannedFault } from './schedule.ts';

const TOO_LATE_MS = 5_000;

/** Ends a fault, so that the system can recover. */
export type HealFault = () => Promise<void>;

export interface Fault {
  /** Returns the name of the target with the given index, for example `broker-2`. */
  target(index: number): string;
  /**
   * Causes the fault.
   * @param index the index of the target
   * @returns undefined if nothing was caused, for example because of another fault
   */
  begin(index: number): Promise<HealFault | undefined>;
  /**
   * Starts to watch the readiness of the system. Called when the fault begins.
   * @returns a function that ends the watch. It is called just before the fault is healed
   */
  watch?(): () => Promise<Readiness>;
}

/** Maps each kind of fault to the way in which it is caused. */
export type FaultsByKind<Kind extends FaultKind = ClusterFault> = Readonly<Record<Kind, Fault>>;

export interface NemesisDeps {
  /**
   * Maps each kind of fault to the way in which it is caused. Must contain every kind of fault in the plan.
   */
  readonly faults: Readonly<Partial<Record<FaultKind, Fault>>>;
  readonly countHits: CountHitsOfFault;
  record(line: FaultLine): void;
  /** Ends the plan early when it is aborted. Faults in progress are then healed. */
  readonly signal: AbortSignal;
  /** A monotonic clock, in ms. Default: the clock of the process. */
  now?(): number;
}

/**
 * Carries out a plan, and resolves once its last fault is healed. The faults of one lane of the plan happen
 * one after the other. If one of them takes longer than planned, for example because a broker starts slowly
 * on a busy machine, later faults of the lane that cannot begin in time are skipped.
 * @throws the error of the first fault that could not be caused or healed; no other fault begins after that
 */
export async function runFaultPlan(
  plan: readonly (readonly PlannedFault[])[],
  deps: NemesisDeps,
): Promise<void> {
  const { now = () => performance.now() } = deps;
  const began = now();
  const failing = new AbortController();
  const signal = AbortSignal.any([deps.signal, failing.signal]);
  function lateBy(ms: number) {
    return now() - began - ms;
  }
  const lanes = plan.map((lane) =>
    playLane(lane, lateBy, { ...deps, signal }).catch((error: unknown) => {
      failing.abort();
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function playLane(
  lane: readonly PlannedFault[],
  lateBy: (ms: number) => number,
  deps: NemesisDeps,
): Promise<void> {
  for (const planned of lane) {
    const late = lateBy(planned.atMs);
    if (late > TOO_LATE_MS) continue;
    await sleep(Math.max(0, -late), undefined, deps).catch(() => undefined);
    if (deps.signal.aborted) return;
    await play(planned, deps);
  }
}

async function play(
  { fault, target, forMs }: PlannedFault,
  { faults, countHits, record, signal }: NemesisDeps,
) {
  const { begin, watch, target: nameOf } = faults[fault] ?? failOn(fault);
  const at = new Date().toISOString();
  const count = countHits(fault, nameOf(target));
  const heal = await begin(target);
  count.begun();
  let readiness: Readiness | undefined;
  let hits = 0;
  try {
    const endWatch = watch?.();
    await sleep(forMs, undefined, { signal }).catch(() => undefined);
    readiness = await endWatch?.();
    hits = await count.end();
  } finally {
    await heal?.();
  }
  record({
    at,
    fault,
    target: nameOf(target),
    until: new Date().toISOString(),
    hits: heal === undefined ? 0 : hits,
    ...(readiness && { readiness }),
  });
}

function failOn(fault: FaultKind): never {
  throw new Error(`${fault} cannot be caused in this system`);
}
