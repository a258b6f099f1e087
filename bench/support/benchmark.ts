/** The result of a benchmark: figures, each with the limit that was measured in the same run, and its target. */

export interface Figure {
  readonly what: string;
  readonly unit: 'µs' | 'ms' | 's' | 'MB' | '/s' | '%' | '';
  /** A lower bound for every implementation, measured in the same run. */
  readonly limit?: number;
  readonly measured: number;
  /** If there is no target, the figure is only for information. */
  readonly target?: Target;
}

/** The accepted range. */
export interface Target {
  readonly least?: number;
  readonly most?: number;
  readonly words: string;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** What is measured and how, in one or two sentences. */
  readonly method: string;
  run(): Promise<readonly Figure[]>;
}

export function atMost(most: number, unit: string): Target {
  return {
    most,
    words: `≤ ${most} ${unit}`,
  };
}

/** Returns a target that allows at most this much above the limit. */
export function atMostAbove(limit: number, allowed: number, name: string): Target {
  return {
    most: limit + allowed,
    words: `≤ ${name} + ${allowed} ms`,
  };
}

/** Returns a target of at least this percentage of the limit. */
export function atLeast(percent: number, limit: number): Target {
  return {
    least: (limit * percent) / 100,
    words: `≥ ${percent} % of limit`,
  };
}

export function isMissed({ measured, target }: Figure): boolean {
  if (target === undefined) return false;
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = target;
  return !(measured >= least && measured <= most);
}
