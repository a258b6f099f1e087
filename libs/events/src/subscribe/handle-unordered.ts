/**
 * Handles slices for a subscription without a store. Such a subscription handles each event independently of
 * all other events.
 */
import type { PartitionSlice } from '@latchkey/bus';
import { type DecodedRecord, isAccountRecord, isEventRecord, recordTypeOf } from '@latchkey/consumer';
import {
  type EventSubscriber,
  hasHandler,
  reportForgedRecords,
  runHandlerForRecord,
  throwIfSubscriptionStopped,
} from './subscriber.ts';

type Unordered = Omit<EventSubscriber, 'stopped' | 'store' | 'mutex' | 'bus'>;

/**
 * Returns a function that passes every event of a slice to its handler, even duplicates. The function rejects
 * if a handler fails. It also rejects before the next event if the slice's signal is aborted. The whole slice
 * is then delivered again.
 */
export function createUnorderedSliceHandler(shared: Unordered) {
  return async (slice: PartitionSlice): Promise<void> => {
    const subscriber = { ...shared, stopped: slice.signal };
    const { records, forged } = await subscriber.authenticate(slice.records);
    reportForgedRecords(subscriber, forged);
    for (const record of records) {
      throwIfSubscriptionStopped(subscriber);
      await take(subscriber, record);
    }
  };
}

async function take(
  subscriber: Pick<EventSubscriber, 'handlers' | 'logger' | 'observe'>,
  record: DecodedRecord,
) {
  if (!isAccountRecord(record) || !isEventRecord(record))
    return passOver(subscriber, record, 'a record that cannot be read');
  const refused = await runHandlerForRecord(subscriber, record);
  if (refused !== undefined) return passOver(subscriber, record, refused);
  subscriber.observe(recordTypeOf(record), hasHandler(subscriber, record) ? 'applied' : 'passed over');
}

function passOver(
  { logger, observe }: Pick<EventSubscriber, 'logger' | 'observe'>,
  record: DecodedRecord,
  cause: string,
): void {
  const { topic, partition, offset } = record.source;
  observe(recordTypeOf(record), 'unusable');
  logger.warn({ topic, partition, offset, cause }, 'a record was skipped');
}
