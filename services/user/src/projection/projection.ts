/** Consumes the accounts topic: applies its records to the read model, slice by slice. */
import type { Bus, PartitionSlice } from '@latchkey/bus';
import {
  applySlice,
  decodeFailureOf,
  distinctAccountIds,
  type EventRecord,
  envelopeOf,
  type ForgedRecord,
  isEventRecord,
  type Parked,
  type PositionStore,
  type RecordAuthenticator,
  type RecordWithOutcome,
  recordTypeOf,
} from '@latchkey/consumer';
import type { Logger } from '@latchkey/process';
import { applyEventToStoredAccount } from '../profile/apply-event.ts';
import { createEmptyStoredAccount, type StoredAccount } from '../profile/stored-account.ts';
import { type ErasedAccount, findErasureInRecord, findErasuresInRecords } from './confirm-erasures.ts';
import type { ProjectionMetrics } from './projection-metrics.ts';
import { createParkedRetrierForGeneration } from './retry-parked.ts';

export interface ProfileProjectionDeps {
  readonly log: Pick<Bus, 'readKey'>;
  readonly authenticate: RecordAuthenticator;
  /** Called for each slice with the forged records in it, that is, those that auth has not published. */
  onForged(slice: PartitionSlice, forged: readonly ForgedRecord[]): void;
  readonly profiles: PositionStore<StoredAccount>;
  readonly metrics: ProjectionMetrics;
  readonly logger: Logger;
  now(): Date;
  /** Called with accounts after the read model has stored them. */
  announce(accounts: readonly StoredAccount[]): void;
  /**
   * Confirms erasures. Called each time a slice of records has been stored, with every account that the slice erases.
   * It may be called more than once for an account, because a later slice may contain the same erasure.
   */
  confirm(erased: readonly ErasedAccount[]): Promise<void>;
}

/**
 * Creates a handler that applies a slice of records with one read and one write. If the slice contains the
 * missing event of a parked account, the handler resumes the account. The returned promise rejects only if
 * the store or the log is unavailable, or if the partition was revoked.
 */
export function createProfileProjection(deps: ProfileProjectionDeps) {
  return async (slice: PartitionSlice): Promise<void> => {
    const { records, forged } = await deps.authenticate(slice.records);
    deps.onForged(slice, forged);
    const known = await deps.profiles.load(distinctAccountIds(records));
    const outcome = applySlice(known, records, {
      start: createEmptyStoredAccount,
      apply: applyEventToStoredAccount,
    });
    await deps.profiles.save(outcome.changed);
    const erased = [...findErasuresInRecords(records)];
    const resumed = await resumeAll(deps, slice, outcome.marksToRetry, (record) =>
      erased.push(...findErasureInRecord(record)),
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
    // Confirm erasures last. If a confirmation fails, the slice is redelivered and its erasures are confirmed again,
    // although its events are then duplicates.
    await deps.confirm(erased);
  };
}

/**
 * Retries the accounts that are parked because of a missing event.
 * @returns the accounts as stored after the retry, by id
 */
async function resumeAll(
  deps: ProfileProjectionDeps,
  { records, signal }: PartitionSlice,
  gaps: readonly Parked[],
  onApplied: (record: EventRecord) => void,
): Promise<ReadonlyMap<string, StoredAccount>> {
  const { resume } = createParkedRetrierForGeneration({
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

function count({ metrics, now }: ProfileProjectionDeps, { record, outcome }: RecordWithOutcome): void {
  metrics.event(recordTypeOf(record), outcome);
  if (outcome !== 'applied' || !isEventRecord(record)) return;
  metrics.visible((now().getTime() - Date.parse(envelopeOf(record).time)) / 1000);
}
