/**
 * Publishes records again that were created from the journal. An account may have been erased after its records were
 * created.
 */
import { type AuthOps, createPersonEraser } from '@latchkey/auth/ops';
import type { Bus } from '@latchkey/bus';
import { type EncodedEvent, subjectOfKey } from '@latchkey/events';
import type { OpenedLog } from '../log.ts';
import { retryUntilReachable } from '../patience.ts';
import type { EncodeRecords } from './records-of.ts';

export interface Republisher {
  publish(topic: string, records: readonly EncodedEvent[]): Promise<void>;
}

export interface RepublisherDeps {
  readonly bus: Pick<Bus, 'publish' | 'replaceRecordsOf'>;
  readonly journal: Pick<AuthOps['journal'], 'stream'>;
  readonly recordsOf: EncodeRecords;
  /**
   * Called when the events of an erased account were published again without the person's data, on a topic that also
   * has these events with the data. Undefined for a log that replaces records in place.
   */
  noteCopies?(account: string): Promise<void>;
}

/**
 * Returns `noteCopies`, which records that an erased account's events were published again without the person's data.
 * auth then publishes heartbeats until the broker has removed the earlier events. Returns no function for a log that
 * replaces records in place.
 */
export function createCopyRecorder(
  { erasures }: Pick<AuthOps, 'erasures'>,
  { kind }: Pick<OpenedLog, 'kind'>,
): Pick<RepublisherDeps, 'noteCopies'> {
  if (kind !== 'kafka') return {};
  return { noteCopies: (account) => erasures.noteCopies(account, new Date().toISOString()) };
}

/**
 * Returns a function that publishes records again. It retries while a partition has no leader; this is safe, because
 * consumers skip events that they have already handled. If an account was erased after its records were created, the
 * person's data is removed from the log: in place or, on Kafka, by later records without it.
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
      return bus.replaceRecordsOf([account], createPersonEraser([account]), { unsearched: [topic] });
    const records = await recordsOf(stream);
    // The journal still contains the person's data, so auth has yet to publish the events without it, and nothing is
    // published here.
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
