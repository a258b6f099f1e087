/** What the nemesis did, and when. */
import type { FaultLine } from '../run-folder.ts';

/** Faults are told of by the clock of another process than what they did. */
const SLACK_MS = 1000;

/** Whether one of these was hit between two moments, in ms since 1970, by what is said of faults and their targets. */
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
