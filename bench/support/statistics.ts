/**
 * Returns a percentile: the smallest value such that at least `fraction` of the values are less than or equal to it.
 * Returns NaN if the list is empty.
 */
export function computePercentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(fraction * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export function computeMedian(values: readonly number[]): number {
  return computePercentile(values, 0.5);
}

type Samplers<Name extends string> = Readonly<Record<Name, () => Promise<number>>>;

/**
 * Measures several things in turn, round by round, so that other load on the machine affects all of them equally. The
 * first round is a warm-up, whose results are not used.
 * @returns the median of each thing
 */
export async function measureAlternately<Name extends string>(
  rounds: number,
  samplers: Samplers<Name>,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(samplers) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const sample = await samplers[name]();
      if (round > 0) samples.get(name)?.push(sample);
    }
  }
  return Object.fromEntries(names.map((name) => [name, computeMedian(samples.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}
