/** The faults that the nemesis caused, and when. */
import type { FaultLine } from '../run-folder.ts';

/** The times of faults come from the clock of another process. */
const SLACK_MS = 1000;

/** Returns whether one of these targets was hit between two moments, in ms since 1970. */
export function hitBetween(
  faults: readonly FaultLine[],
  from: number,
  to: number,
  targets: readonly string[],
): boolean {
  return faults.some(
    ({ at, until, fault, target }) =>
      Date.parse(at) <= to + SLACK_MS &&
      Date.parse(until ?? at) >= from - SLACK_MS &&
      targets.some((name) => fault.includes(name) || target.includes(name)),
  );
}
