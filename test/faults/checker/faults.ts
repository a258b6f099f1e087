/** Finds out which faults of a run happened at which times. */
import type { FaultLine } from '../run-folder.ts';

/** The targets of faults that hit the store of every service: MongoDB, or the disk of a standalone. */
export const STORE_FAULT_TARGETS: readonly string[] = ['mongodb', 'disk'];

/** The tolerance, in ms, for the times of faults, which come from the clock of another process. */
const SLACK_MS = 1000;

/**
 * Returns whether a fault of one of the given targets happened during a time span, given in ms since 1970. A
 * fault may have hit several targets: its `target` then consists of several names, separated by spaces. One
 * match is enough.
 */
export function hasFaultDuring(
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

/**
 * The groups of faults, each with a pattern that matches the kinds of its faults. A fault belongs to the
 * first group whose pattern matches.
 */
const GROUPS: readonly (readonly [group: string, kinds: RegExp])[] = [
  ['clocks', /^clock-/],
  ['operators', /^ops-/],
  ['mail server', /^smtp-/],
  ['auth', /-auth$/],
  ['user', /-user$/],
  ['notifier', /-notifier/],
  ['standalone', /-standalone$/],
  ['subscribers', /-subscriber$/],
  ['brokers', /-(broker|leader-in-send|produce-answers)$/],
  ['stores', /(mongodb|write-concern|primary|secondary|disk)$/],
];

/**
 * Returns the group to which a kind of fault belongs. A group contains the faults that hit the same part of
 * the system.
 */
export function findFaultGroup(fault: string): string {
  return GROUPS.find(([, kinds]) => kinds.test(fault))?.[0] ?? 'topics and deployments';
}
