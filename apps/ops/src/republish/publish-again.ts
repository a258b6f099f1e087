/** Publishes records that were made from what the journal contained a moment ago. */
import { type AuthOps, withoutPerson } from '@latchkey/auth/ops';
import type { Bus } from '@latchkey/bus';
import type { EncodedEvent } from '@latchkey/events';
import { retryUntilReachable } from '../patience.ts';

export interface Republisher {
  publish(topic: string, records: readonly EncodedEvent[]): Promise<void>;
}

/**
 * Returns a function that publishes again, while a partition has no leader as well: consumers skip events that are
 * published twice. If an account was erased after its records were made, the person is removed from them on the log.
 */
export function createRepublisher(
  context: Parameters<typeof retryUntilReachable>[0],
  bus: Pick<Bus, 'publish' | 'replaceKey'>,
  journal: Pick<AuthOps['journal'], 'stream'>,
): Republisher {
  return {
    async publish(topic, records) {
      await retryUntilReachable(context, 'Kafka', () => bus.publish(topic, records));
      if (bus.replaceKey === undefined) return;
      for (const account of new Set(records.map(({ key }) => key))) {
        const last = (await journal.stream(account))?.events.at(-1);
        if (last?.event.type === 'AccountErased') await bus.replaceKey(account, withoutPerson);
      }
    },
  };
}
