/**
 * The result of a benchmark: the measured figures. A figure may have a target, and a limit that was measured
 * in the same run.
 */

export interface BenchmarkFigure {
  readonly what: string;
  readonly unit: 'B' | 'µs' | 'ms' | 's' | 'MB' | '/s' | '%' | '';
  /** The best value that any implementation could reach, measured in the same run as the figure. */
  readonly limit?: number;
  readonly measured: number;
  /** The target of the figure. Absent if the figure has no target and is only for information. */
  readonly target?: BenchmarkTarget;
}

/** A range of values. A figure in this range meets its target. */
export interface BenchmarkTarget {
  readonly min?: number;
  readonly max?: number;
  readonly words: string;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** What is measured and how, in one or two sentences. */
  readonly method: string;
  run(): Promise<readonly BenchmarkFigure[]>;
}

/** Returns a target that is met if the figure is at most `max`. */
export function createMaxTarget(max: number, unit: string): BenchmarkTarget {
  return {
    max,
    words: `≤ ${max} ${unit}`,
  };
}

/**
 * Returns a target for a time: the target is met if the figure is at most `limitMs + allowedMs`.
 * @param limitName the name of the limit in the report
 */
export function createMaxExcessOverLimitTarget(
  limitMs: number,
  allowedMs: number,
  limitName: string,
): BenchmarkTarget {
  return {
    max: limitMs + allowedMs,
    words: `≤ ${limitName} + ${allowedMs} ms`,
  };
}

/** Returns a target that is met if the figure is at least `percent` % of `limit`. */
export function createMinPercentOfLimitTarget(percent: number, limit: number): BenchmarkTarget {
  return {
    min: (limit * percent) / 100,
    words: `≥ ${percent} % of limit`,
  };
}

export function isTargetMissed({ measured, target }: BenchmarkFigure): boolean {
  if (target === undefined) return false;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = target;
  return !(measured >= min && measured <= max);
}
