/** Publishes records that were created from an earlier state of the journal. */
import { type AuthOps, withoutPerson } from '@latchkey/auth/ops';
import type { Bus } from '@latchkey/bus';
import { type EncodedEvent, subjectOfKey } from '@latchkey/events';
import { retryUntilReachable } from '../patience.ts';
import type { EncodeRecords } from './records-of.ts';

export interface Republisher {
  publish(topic: string, records: readonly EncodedEvent[]): Promise<void>;
}

export interface RepublisherDeps {
  readonly bus: Pick<Bus, 'publish' | 'replaceKey'>;
  readonly journal: Pick<AuthOps['journal'], 'stream'>;
  readonly recordsOf: EncodeRecords;
}

/**
 * Returns a function that publishes records again, and waits while a partition has no leader: consumers skip events
 * that are published twice. If an account was erased after its records were created, the person is removed from them on
 * the log: in place or, on Kafka, by later records without the person.
 */
export function createRepublisher(
  context: Parameters<typeof retryUntilReachable>[0],
  { bus, journal, recordsOf }: RepublisherDeps,
): Republisher {
  async function publish(topic: string, records: readonly EncodedEvent[]): Promise<void> {
    await retryUntilReachable(context, 'Kafka', () => bus.publish(topic, records));
  }

  async function erase(topic: string, account: string): Promise<void> {
    const stream = await journal.stream(account);
    if (stream?.events.at(-1)?.event.type !== 'AccountErased') return;
    if (bus.replaceKey !== undefined) return bus.replaceKey(account, withoutPerson);
    const records = await recordsOf(stream);
    // As long as the journal contains the person, auth has not published the events without the person, and will.
    if (!records.some(hasPerson)) await publish(topic, records);
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
