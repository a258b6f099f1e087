/** The consumer: slices of the accounts' topic into the read model. */
import type { BusRecord, Slice } from '@latchkey/bus';
import { decode } from '@latchkey/events';
import type { Logger } from '@latchkey/process';
import type { Profiles } from '../ports/profiles.ts';
import type { Account } from '../profile/account.ts';
import { type AccountRecord, type Effect, envelopeOf, type PlacedRecord } from '../profile/apply-record.ts';
import { accountsIn, applySlice } from '../profile/apply-slice.ts';
import type { ProjectionMetrics } from './projection-metrics.ts';

export interface ProjectionDeps {
  readonly profiles: Pick<Profiles, 'load' | 'save'>;
  readonly metrics: ProjectionMetrics;
  readonly logger: Logger;
  now(): Date;
  /** Told of accounts once they are stored. */
  announce(accounts: readonly Account[]): void;
}

export type SourcedRecord = PlacedRecord & { readonly source: BusRecord };

export function readRecord(source: BusRecord): SourcedRecord {
  return {
    partition: source.partition,
    offset: source.offset,
    decoded: decode(source),
    source,
  };
}

/** Handles a slice with one read and one write. Rejects if the store cannot be reached, and for nothing else. */
export function createProjection(deps: ProjectionDeps) {
  return async (slice: Slice): Promise<void> => {
    const records = slice.records.map(readRecord);
    const outcome = applySlice(await deps.profiles.load(accountsIn(records)), records);
    await deps.profiles.save(outcome.changed);
    deps.announce(outcome.changed);

    for (const { record, cause } of outcome.setAside) {
      slice.setAside(record.source, cause);
      deps.metrics.setAside();
    }
    for (const { record, effect } of outcome.effects) count(deps, record, effect);
    for (const { parked } of outcome.changed) {
      if (parked !== undefined) deps.logger.error({ parked }, 'an account is parked');
    }
  };
}

function count({ metrics, now }: ProjectionDeps, { decoded }: AccountRecord, effect: Effect): void {
  metrics.event(typeOf(decoded), effect);
  if (effect !== 'applied' || decoded.kind === 'undecodable') return;
  metrics.visible((now().getTime() - Date.parse(envelopeOf(decoded).time)) / 1000);
}

/** Types that this build does not know are counted as one: anybody could make them up. */
function typeOf(decoded: AccountRecord['decoded']): string {
  if (decoded.kind === 'event') return decoded.event.type;
  return decoded.kind === 'unknown-type' ? 'unknown' : 'undecodable';
}
