/** What a benchmark says: figures beside the least that they could be, measured in the same run, and their targets. */

export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MB' | '/s' | '';
  /** What no implementation could do without. */
  readonly limit?: number;
  readonly measured: number;
  /** Missed by anything above it; without one the figure is for information. */
  readonly target?: { readonly most: number; readonly words: string };
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** What is measured against what, in a sentence or two. */
  readonly method: string;
  run(): Promise<readonly Figure[]>;
}

export const atMost = (most: number, unit: string): NonNullable<Figure['target']> => ({
  most,
  words: `≤ ${most} ${unit}`,
});

/** At most so much above the limit. */
export const above = (limit: number, allowed: number, name: string): NonNullable<Figure['target']> => ({
  most: limit + allowed,
  words: `≤ ${name} + ${allowed} ms`,
});

export const isMissed = ({ measured, target }: Figure): boolean =>
  target !== undefined && !(measured <= target.most);
