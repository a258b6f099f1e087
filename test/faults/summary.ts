/** Formats the figures of runs for the terminal and for docs/reliability.md. */
import type { FaultLine } from './run-folder.ts';

export type CountsByName = Readonly<Record<string, number>>;

export function countFaults(faults: readonly FaultLine[]): CountsByName {
  return Object.fromEntries(
    [...Map.groupBy(faults, ({ fault }) => fault)]
      .map(([fault, lines]) => [fault, lines.length] as const)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

/** Adds up the counts of each name. The names in the result are in the order of their first occurrence. */
export function addCountsByName(all: readonly CountsByName[]): CountsByName {
  const sums = new Map<string, number>();
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** Formats counts as a text of two columns. */
export function formatCountsInColumns(counts: CountsByName): string {
  const rows = Object.entries(counts).map(([name, count]) => [name, formatNumber(count)] as const);
  function widest(column: 0 | 1) {
    return Math.max(0, ...rows.map((row) => row[column].length));
  }
  return rows.map(([name, count]) => `  ${name.padEnd(widest(0))}  ${count.padStart(widest(1))}`).join('\n');
}

export function formatNumber(count: number): string {
  return count.toLocaleString('en');
}
