/** The consumer of the accounts topic: applies its records to the read model, slice by slice. */
import type { Bus, PartitionSlice } from '@latchkey/bus';
import {
  decodeFailureOf,
  distinctAccounts,
  type EventRecord,
  envelopeOf,
  type FoldedRecord,
  type ForgedRecord,
  foldSlice,
  isEventRecord,
  type Parked,
  type PositionStore,
  type RecordAuthenticator,
  recordTypeOf,
} from '@latchkey/consumer';
import type { Logger } from '@latchkey/process';
import { applyEvent } from '../profile/apply-event.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';
import { type ErasedAccount, findErasure, findErasures } from './confirm-erasures.ts';
import type { ProjectionMetrics } from './projection-metrics.ts';
import { createParkedRetry } from './retry-parked.ts';

export interface ProjectionDeps {
  readonly log: Pick<Bus, 'readKey'>;
  readonly authenticate: RecordAuthenticator;
  /** Called for each slice of records, with those of its records that auth has not published. */
  onForged(slice: PartitionSlice, forged: readonly ForgedRecord[]): void;
  readonly profiles: PositionStore<StoredAccount>;
  readonly metrics: ProjectionMetrics;
  readonly logger: Logger;
  now(): Date;
  /** Called with accounts once they are stored. */
  announce(accounts: readonly StoredAccount[]): void;
  /**
   * Called with the accounts that events of a slice erased, once the erasures are stored, including those that were
   * stored earlier. Calls may be repeated.
   */
  confirm(erased: readonly ErasedAccount[]): Promise<void>;
}

/**
 * Returns a handler that applies a slice of records with one read and one write. An account that is parked because an
 * event was missing resumes with the slice that has the missing event. Rejects only if the store or the log is
 * unavailable, or if the partition was revoked.
 */
export function createProjection(deps: ProjectionDeps) {
  return async (slice: PartitionSlice): Promise<void> => {
    const { records, forged } = await deps.authenticate(slice.records);
    deps.onForged(slice, forged);
    const known = await deps.profiles.load(distinctAccounts(records));
    const outcome = foldSlice(known, records, { start: unknownAccount, apply: applyEvent });
    await deps.profiles.save(outcome.changed);
    const erased = [...findErasures(records)];
    const resumed = await resumeAll(deps, slice, outcome.marksToRetry, (record) =>
      erased.push(...findErasure(record)),
    );
    const stored = new Map([...outcome.changed.map((each) => [each.account, each] as const), ...resumed]);
    deps.announce([...stored.values()]);

    for (const record of outcome.unusable) {
      slice.setAside(record.source, decodeFailureOf(record));
      deps.metrics.setAside();
    }
    for (const folded of outcome.folded) count(deps, folded);
    for (const { account } of outcome.changed) {
      const parked = stored.get(account)?.parked;
      if (parked !== undefined) deps.logger.error({ parked }, 'an account is parked');
    }
    // Erasures are confirmed last. If the confirmation fails, the slice is redelivered, although its events are then
    // duplicates.
    await deps.confirm(erased);
  };
}

/**
 * Retries the accounts that are parked because an event was missing. @returns the accounts as they are now stored, by
 * id
 */
async function resumeAll(
  deps: ProjectionDeps,
  { records, signal }: PartitionSlice,
  gaps: readonly Parked[],
  onApplied: (record: EventRecord) => void,
): Promise<ReadonlyMap<string, StoredAccount>> {
  const { resume } = createParkedRetry({
    log: deps.log,
    authenticate: deps.authenticate,
    positions: deps.profiles,
    applied(record) {
      count(deps, { record, outcome: 'applied' });
      onApplied(record);
    },
    throwIfStopped: () => signal.throwIfAborted(),
  });
  const resumed = new Map<string, StoredAccount>();
  for (const gap of gaps) {
    const stored = await resume(gap, records.at(-1)?.offset ?? 0);
    resumed.set(gap.account, stored);
    if (stored.parked !== undefined) continue;
    deps.logger.info({ account: gap.account, sequence: stored.sequence }, 'a parked account was unparked');
  }
  return resumed;
}

function count({ metrics, now }: ProjectionDeps, { record, outcome }: FoldedRecord): void {
  metrics.event(recordTypeOf(record), outcome);
  if (outcome !== 'applied' || !isEventRecord(record)) return;
  metrics.visible((now().getTime() - Date.parse(envelopeOf(record).time)) / 1000);
}
