import { measureMs } from './load.ts';
import { median } from './statistics.ts';

/** Runs work once. Returns its wall time in ms. */
export type Measure = (work: () => Promise<unknown>) => Promise<number>;

export interface CpuMeter {
  /** Runs work, and also notes the CPU time that this process used meanwhile. */
  readonly measure: Measure;
  /** Returns the median of the CPU times, in µs, without that of the first run, which is a warm-up. */
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
    median: () => median(times.slice(1)),
  };
}
