/** What a benchmark says: figures beside the least that they could be, measured in the same run, and their targets. */

export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MB' | '/s' | '';
  /** What no implementation could do without, or do better. */
  readonly limit?: number;
  readonly measured: number;
  /** Without one the figure is for information. */
  readonly target?: Target;
}

/** Missed by anything outside of it. */
export interface Target {
  readonly least?: number;
  readonly most?: number;
  readonly words: string;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** What is measured against what, in a sentence or two. */
  readonly method: string;
  run(): Promise<readonly Figure[]>;
}

export function atMost(most: number, unit: string): Target {
  return {
    most,
    words: `≤ ${most} ${unit}`,
  };
}

/** At most so much above the limit. */
export function above(limit: number, allowed: number, name: string): Target {
  return {
    most: limit + allowed,
    words: `≤ ${name} + ${allowed} ms`,
  };
}

/** At least so many percent of the limit. */
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
