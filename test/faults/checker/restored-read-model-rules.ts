/** Rules about a run in which an older copy of the read model was restored. */
import type { ReadModelRestoreFindings } from '../run-folder.ts';
import { createViolations, type Violation } from './report.ts';

/**
 * Checks that `ops verify` reports every account whose events the restored read model lacks, and no other.
 * The rules on the read model and on parked accounts check that a rebuild has repaired the read model.
 */
export function checkRestoredReadModel({
  lacking,
  reported,
}: ReadModelRestoreFindings): readonly Violation[] {
  const [lacks, isReported] = [new Set(lacking), new Set(reported)];
  return [
    ...[...lacks.difference(isReported)].flatMap((account) =>
      createViolations(
        'restored read model',
        `${account}: ops verify does not report that its events are missing`,
      ),
    ),
    ...[...isReported.difference(lacks)].flatMap((account) =>
      createViolations(
        'restored read model',
        `${account}: ops verify reports missing events, but none is missing`,
      ),
    ),
  ];
}
