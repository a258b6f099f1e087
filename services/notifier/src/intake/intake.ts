/**
 * Reads events from the log, and stores the deliveries that they require. Handles a slice (consecutive
 * records of one partition) at a time, and stores all its deliveries in one durable write. Rejects only if
 * the store or the keys are unavailable. A record that cannot be used never blocks other records.
 */
import type { Bus, BusRecord, PartitionSlice } from '@latchkey/bus';
import type { ForgedRecord, RecordAuthenticator } from '@latchkey/consumer';
import { encodeReceipt, type LatchkeyEvent, RECEIPTS_TOPIC } from '@latchkey/events';
import type { Logger } from '@latchkey/process';
import type { MailCutoff, NewDelivery } from '../delivery/delivery.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { DeliveryStore } from '../ports/deliveries.ts';
import type { SuppressionStore } from '../ports/suppressions.ts';
import type { DeliveryDispatcher } from '../sending/dispatcher.ts';
import { computeDeliveriesAndCutoffs } from './entries.ts';

/** The name under which the notifier confirms erasures. */
const CONSUMER = 'notifier';

export interface EventIntakeDeps {
  /** The bus on which receipts for erasures are published. */
  readonly bus: Pick<Bus, 'publish'>;
  readonly authenticate: RecordAuthenticator;
  /**
   * Called for each slice of records that was read. Gets the slice, and those of its records that are forged
   * because auth did not sign them.
   */
  onForged(slice: PartitionSlice, forged: readonly ForgedRecord[]): void;
  readonly deliveries: DeliveryStore;
  readonly suppressions: Pick<SuppressionStore, 'removeReportedOf'>;
  readonly metrics: NotifierMetrics;
  readonly logger: Logger;
  now(): Date;
  /** Returns whether deliveries past their `sendUntil` may be ended. False while the clock is not trusted. */
  mayExpire(): boolean;
  /** The names of the mails that the operator has switched off. */
  readonly off: readonly string[];
  readonly dispatcher: Pick<DeliveryDispatcher, 'claimNew' | 'wake'>;
}

export function createEventIntake(deps: EventIntakeDeps): (slice: PartitionSlice) => Promise<void> {
  const { deliveries, dispatcher, suppressions, metrics, logger, off, now } = deps;

  function setAside(slice: PartitionSlice, record: BusRecord, cause: string): void {
    const { topic, partition, offset } = record;
    slice.setAside(record, cause);
    metrics.setAside.inc();
    logger.error({ topic, partition, offset, cause }, 'a record cannot be used and is set aside');
  }

  /**
   * Erases a person's data from the notifier's store, including the suppressions that were caused by reports
   * about the person's mails. If mails of another account were sent to the same address, keeps the
   * suppressions of the address. Otherwise, anybody could remove the suppressions of a stranger's address by
   * signing up with the address and then erasing the account. Idempotent: the recipients of the deliveries
   * are removed last, because a retry needs them to find the suppressions.
   */
  async function erase(subject: string): Promise<void> {
    for (const recipient of await deliveries.unsharedRecipientsOf(subject))
      await suppressions.removeReportedOf(recipient);
    await deliveries.erase(subject, now());
  }

  /** Publishes a receipt for each account that the notifier has erased. */
  async function confirm(erased: readonly LatchkeyEvent[]): Promise<void> {
    if (erased.length === 0) return;
    const confirmedAt = now().toISOString();
    const receipts = erased.map(({ subject: userId, sequence }) =>
      encodeReceipt({ userId, consumer: CONSUMER, sequence, confirmedAt }),
    );
    await deps.bus.publish(RECEIPTS_TOPIC, receipts);
  }

  return async (slice) => {
    const added: NewDelivery[] = [];
    const cutoffs: MailCutoff[] = [];
    const erased: LatchkeyEvent[] = [];
    const { records, forged } = await deps.authenticate(slice.records);
    deps.onForged(slice, forged);
    for (const { source, decoded } of records) {
      switch (decoded.kind) {
        case 'event': {
          const entries = computeDeliveriesAndCutoffs(decoded.event);
          added.push(...entries.deliveries.filter(({ mail }) => !off.includes(mail)));
          cutoffs.push(...entries.cutoffs);
          if (entries.erased) metrics.erased.inc();
          if (decoded.event.type === 'AccountErased') erased.push(decoded.event);
          break;
        }
        case 'unknown-type':
          metrics.skipped.inc();
          break;
        default:
          setAside(slice, source, decoded.cause);
      }
    }
    if (added.length === 0 && cutoffs.length === 0) return;
    const batch = { deliveries: added, cutoffs, mayExpire: deps.mayExpire() };
    const result = await dispatcher.claimNew(added.length, (claim) => deliveries.record(batch, now(), claim));
    for (const { subject } of erased) await erase(subject);
    await confirm(erased);
    if (result.added > result.claimed.length) dispatcher.wake();
  };
}
