/** The result of a benchmark: figures, each with the limit that was measured in the same run, and its target. */

export interface Figure {
  readonly what: string;
  readonly unit: 'µs' | 'ms' | 's' | 'MB' | '/s' | '%' | '';
  /** A lower bound for every implementation, measured in the same run. */
  readonly limit?: number;
  readonly measured: number;
  /** If there is no target, the figure is only for information. */
  readonly target?: FigureTarget;
}

/** The range of accepted values of a figure. */
export interface FigureTarget {
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

export function targetAtMost(most: number, unit: string): FigureTarget {
  return {
    most,
    words: `≤ ${most} ${unit}`,
  };
}

/** Returns a target that is met if the figure exceeds `limit` by at most `allowed`, in ms. */
export function targetAtMostAbove(limit: number, allowed: number, name: string): FigureTarget {
  return {
    most: limit + allowed,
    words: `≤ ${name} + ${allowed} ms`,
  };
}

/** Returns a target that is met if the figure is at least `percent` % of `limit`. */
export function targetAtLeast(percent: number, limit: number): FigureTarget {
  return {
    least: (limit * percent) / 100,
    words: `≥ ${percent} % of limit`,
  };
}

export function isTargetMissed({ measured, target }: Figure): boolean {
  if (target === undefined) return false;
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = target;
  return !(measured >= least && measured <= most);
}
