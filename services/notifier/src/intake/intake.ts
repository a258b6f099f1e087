/**
 * From the log to the store: one durable write per slice of records. Rejects only if the store is unavailable; an
 * unusable record never blocks the others.
 */
import type { BusRecord, Slice } from '@latchkey/bus';
import { decode } from '@latchkey/events';
import type { Logger } from '@latchkey/process';
import type { Cutoff, NewDelivery } from '../delivery/delivery.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { Deliveries } from '../ports/deliveries.ts';
import { entriesFor } from './entries.ts';

export interface IntakeDeps {
  readonly deliveries: Deliveries;
  readonly metrics: NotifierMetrics;
  readonly logger: Logger;
  now(): Date;
  /** Called after deliveries have been added. */
  onAdded(): void;
}

export function createIntake(deps: IntakeDeps): (slice: Slice) => Promise<void> {
  const { deliveries, metrics, logger } = deps;

  function setAside(slice: Slice, record: BusRecord, cause: string): void {
    const { topic, partition, offset } = record;
    slice.setAside(record, cause);
    metrics.setAside.inc();
    logger.error({ topic, partition, offset, cause }, 'a record cannot be used and is set aside');
  }

  return async (slice) => {
    const added: NewDelivery[] = [];
    const cutoffs: Cutoff[] = [];
    for (const record of slice.records) {
      const decoded = decode(record);
      switch (decoded.kind) {
        case 'event': {
          const entries = entriesFor(decoded.event);
          added.push(...entries.deliveries);
          cutoffs.push(...entries.cutoffs);
          if (entries.erased) metrics.erased.inc();
          break;
        }
        case 'unknown-type':
          metrics.skipped.inc();
          break;
        default:
          setAside(slice, record, decoded.cause);
      }
    }
    if (added.length === 0 && cutoffs.length === 0) return;
    const result = await deliveries.record({ deliveries: added, cutoffs }, deps.now());
    if (result.added > 0) deps.onAdded();
  };
}
