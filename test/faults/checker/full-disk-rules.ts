/** Rules about a standalone whose disk was full. */
import type { FaultLine } from '../run-folder.ts';
import { createViolations, type Violation } from './report.ts';

/** What /readyz reports about each store that needs to write while the disk is full (docs/operating.md). */
const EXPECTED: readonly string[] = ['journal', 'sessions', 'deliveries'].map(
  (name) => `${name}: the disk is full`,
);
/**
 * The time for which /readyz must have responded before it must have reported a full disk, in ms. The time is
 * longer than 5 s, because /readyz tests at most every 5 s whether a store can write.
 */
const REPORTED_WITHIN_MS = 7_000;

/**
 * Checks that /readyz has reported each full disk. A disk need not be reported if /readyz responded too
 * briefly while the disk was full, because the process was killed or stopped, or because the disk was full
 * only for a moment.
 */
export function checkFullDisks(faults: readonly FaultLine[]): readonly Violation[] {
  return faults.flatMap(({ at, readiness }) => {
    const missing = EXPECTED.filter((line) => !readiness?.down.includes(line));
    return readiness === undefined || readiness.answeredMs < REPORTED_WITHIN_MS || missing.length === 0
      ? []
      : createViolations('full disk', `/readyz did not report at ${at}: ${missing.join(', ')}`);
  });
}
