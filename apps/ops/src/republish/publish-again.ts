/**
 * Publishes records that were created from the journal. If an account was erased after its records were
 * created, removes the personal data from the log again.
 */
import { type AuthOps, createRecordRedactor } from '@latchkey/auth/ops';
import type { Bus } from '@latchkey/bus';
import { type EncodedEvent, subjectOfKey } from '@latchkey/events';
import { retryUntilReachable } from '../patience.ts';
import type { EncodeStreamRecords } from './records-of.ts';

export interface Republisher {
  publish(topic: string, records: readonly EncodedEvent[]): Promise<void>;
}

export interface RepublisherDeps {
  readonly bus: Pick<Bus, 'publish' | 'replaceRecordsOf'>;
  readonly journal: Pick<AuthOps['journal'], 'stream'>;
  readonly recordsOf: EncodeStreamRecords;
  /**
   * Must be called after the events of an erased account were published again without the person's data.
   * Causes auth to publish heartbeats until the broker has removed the original events. Undefined for a log
   * that replaces records in place.
   */
  noteCopies?(account: string): Promise<void>;
}

/**
 * Returns an object with the function `noteCopies`, which records that the events of an erased account were
 * published again without the person's data. auth then publishes heartbeats until the broker has removed the
 * original events by compaction. For a log that replaces records in place, returns an object without the
 * function.
 */
export function createErasedEventCopyRecorder(
  { erasures }: Pick<AuthOps, 'erasures'>,
  { bus }: { readonly bus: Pick<Bus, 'replaceRecordsOf'> },
): Pick<RepublisherDeps, 'noteCopies'> {
  if (bus.replaceRecordsOf !== undefined) return {};
  return { noteCopies: (account) => erasures.noteCopies(account, new Date().toISOString()) };
}

/**
 * Returns a function that publishes records. It retries while a partition has no leader, so a record may be
 * published twice. This is safe, because consumers skip events that they have already handled. If an account
 * is erased between the creation of its records and their publication, the function removes the person's data
 * from the log again: in place or, on Kafka, by publishing the records without the data.
 */
export function createRepublisher(
  context: Parameters<typeof retryUntilReachable>[0],
  { bus, journal, recordsOf, noteCopies }: RepublisherDeps,
): Republisher {
  async function publish(topic: string, records: readonly EncodedEvent[]): Promise<void> {
    await retryUntilReachable(context, 'Kafka', () => bus.publish(topic, records));
  }

  async function erase(topic: string, account: string): Promise<void> {
    const stream = await journal.stream(account);
    if (stream?.events.at(-1)?.event.type !== 'AccountErased') return;
    if (bus.replaceRecordsOf !== undefined)
      return bus.replaceRecordsOf([account], createRecordRedactor([account]), { unsearched: [topic] });
    const records = await recordsOf(stream);
    // If the journal still contains the person's data, publish nothing: auth itself publishes the events
    // without this data once it has removed the data from the journal.
    if (records.some(hasPerson)) return;
    await publish(topic, records);
    await noteCopies?.(account);
  }

  return {
    async publish(topic, records) {
      await publish(topic, records);
      const personal = records.filter(hasPerson).flatMap(({ key }) => subjectOfKey(Buffer.from(key)) ?? []);
      for (const account of new Set(personal)) await erase(topic, account);
    },
  };
}

function hasPerson({ headers }: EncodedEvent): boolean {
  return headers['ce_personsalt'] !== undefined;
}
