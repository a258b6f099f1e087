import { measureMs } from './load.ts';
import { computeMedian } from './statistics.ts';

/** Runs `work` once and returns how long it took by the wall clock, in ms. */
export type MeasureWallMs = (work: () => Promise<unknown>) => Promise<number>;

export interface CpuMeter {
  /**
   * Runs work and returns its wall time in ms, as `MeasureWallMs` does. Also stores the CPU time that this
   * process used during the work.
   */
  readonly measure: MeasureWallMs;
  /** Returns the median CPU time of the measured runs, in µs. The first run is a warm-up and does not count. */
  median(): number;
}

export function createCpuMeter(): CpuMeter {
  const times: number[] = [];
  return {
    async measure(work) {
      const before = process.cpuUsage();
      const ms = await measureMs(work);
      const { user, system } = process.cpuUsage(before);
      times.push(user + system);
      return ms;
    },
    median: () => computeMedian(times.slice(1)),
  };
}
