/** The consumer: applies slices of the accounts' topic to the read model. */
import type { Slice } from '@latchkey/bus';
import {
  accountsIn,
  causeOf,
  decodeRecord,
  envelopeOf,
  type FoldedRecord,
  foldSlice,
  isEvent,
  typeOf,
} from '@latchkey/consumer';
import type { Logger } from '@latchkey/process';
import type { Profiles } from '../ports/profiles.ts';
import { applyEvent } from '../profile/apply-event.ts';
import { type StoredAccount, unknownAccount } from '../profile/stored-account.ts';
import type { ProjectionMetrics } from './projection-metrics.ts';

export interface ProjectionDeps {
  readonly profiles: Pick<Profiles, 'load' | 'save'>;
  readonly metrics: ProjectionMetrics;
  readonly logger: Logger;
  now(): Date;
  /** Called with accounts once they are stored. */
  announce(accounts: readonly StoredAccount[]): void;
}

/** Returns a handler that applies a slice with one read and one write. It rejects only if the store is unavailable. */
export function createProjection(deps: ProjectionDeps) {
  return async (slice: Slice): Promise<void> => {
    const records = slice.records.map(decodeRecord);
    const known = await deps.profiles.load(accountsIn(records));
    const outcome = foldSlice(known, records, { start: unknownAccount, apply: applyEvent });
    await deps.profiles.save(outcome.changed);
    deps.announce(outcome.changed);

    for (const record of outcome.unusable) {
      slice.setAside(record.source, causeOf(record));
      deps.metrics.setAside();
    }
    for (const folded of outcome.folded) count(deps, folded);
    for (const { parked } of outcome.changed) {
      if (parked !== undefined) deps.logger.error({ parked }, 'an account is parked');
    }
  };
}

function count({ metrics, now }: ProjectionDeps, { record, effect }: FoldedRecord): void {
  metrics.event(typeOf(record), effect);
  if (effect !== 'applied' || !isEvent(record)) return;
  metrics.visible((now().getTime() - Date.parse(envelopeOf(record).time)) / 1000);
}
