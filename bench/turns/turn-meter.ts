import { monitorEventLoopDelay } from 'node:perf_hooks';

const NS_PER_MS = 1e6;
const US_PER_MS = 1e3;
const RESOLUTION_MS = 1;

/** The longest turn of the event loop, with times in ms. */
export interface LongestEventLoopTurn {
  /** Elapsed time. Includes the time in which other processes or threads used the processor. */
  readonly elapsed: number;
  /** CPU time of the thread. Does not include waiting for the disk. */
  readonly cpu: number;
}

/** Measures the turns of the event loop of one thread. */
export interface EventLoopTurnMeter {
  /** Returns the longest turn that has ended since the last call of `longest`. */
  longest(): LongestEventLoopTurn;
  /** Resolves once the measurement of all earlier turns is complete, so that `longest` includes them. */
  settled(): Promise<void>;
  stop(): void;
}

/** Starts to measure the turns of the event loop of this thread. */
export function startEventLoopTurnMeter(): EventLoopTurnMeter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let cpu = 0;
  let samples = 0;
  let before = process.threadCpuUsage();
  // The timer fires at most once per turn of the event loop, and at most once per millisecond. So if the
  // CPU time between two calls is much longer than a millisecond, a single turn has used it.
  const sampler = setInterval(() => {
    const now = process.threadCpuUsage();
    cpu = Math.max(cpu, (now.user + now.system - before.user - before.system) / US_PER_MS);
    before = now;
    samples += 1;
  }, RESOLUTION_MS).unref();

  return {
    longest() {
      const longest = { elapsed: delay.max / NS_PER_MS, cpu };
      delay.reset();
      cpu = 0;
      return longest;
    },
    async settled() {
      const [delays, calls] = [delay.count, samples];
      while (delay.count === delays || samples === calls)
        await new Promise((resolve) => setTimeout(resolve, RESOLUTION_MS));
    },
    stop() {
      delay.disable();
      clearInterval(sampler);
    },
  };
}
