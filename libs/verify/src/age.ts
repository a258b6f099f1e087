const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** Formats a duration in its largest whole unit, for example `7 min`. */
export function formatDurationInLargestUnit(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms >= unit) ?? [1000, 's'];
  return `${Math.floor(ms / size)} ${name}`;
}
