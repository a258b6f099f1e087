/** The faults that the nemesis caused, and when. */
import type { FaultLine } from '../run-folder.ts';

/** The times of faults come from the clock of another process. */
const SLACK_MS = 1000;

/**
 * Returns whether a fault covers a span of time, in ms since 1970: it began before its end and ended after its start.
 * The names are parts of targets, exactly: `notifier-1`.
 */
export function coversTime(
  faults: readonly FaultLine[],
  { from, to }: { readonly from: number; readonly to: number },
  targets: readonly string[],
): boolean {
  return faults.some(
    ({ at, until, target }) =>
      Date.parse(at) <= to + SLACK_MS &&
      Date.parse(until ?? at) >= from - SLACK_MS &&
      target.split(' ').some((name) => targets.includes(name)),
  );
}
