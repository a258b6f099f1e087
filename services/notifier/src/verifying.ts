/** What the notifier owes, to be held against what it has written down: for ops. */
import type { LatchkeyEvent } from '@latchkey/events';
import { createMongoDeliveryRecords } from './adapters/verifying.mongo.ts';
import { createSqliteDeliveryRecords } from './adapters/verifying.sqlite.ts';
import type { Store } from './administration.ts';
import { CONSUMER_GROUP } from './compose.ts';
import { entriesFor } from './intake/entries.ts';
import type { DeliveryRecords } from './ports/verifying.ts';

export interface OwedDelivery {
  readonly id: string;
  /** The name of the mail: `verify-email`. */
  readonly mail: string;
}

/** Every method that is asked of the store rejects with a StoreUnavailable when it cannot be reached. */
export interface DeliveryView extends DeliveryRecords {
  /** Whose positions tell how far the notifier has read. */
  readonly group: string;
  /** The deliveries that an event asks for, by the notifier's own rules and ids. */
  owedBy(event: LatchkeyEvent): readonly OwedDelivery[];
}

/** Only reads; may be used beside running servers. */
export function openDeliveryView(store: Store): DeliveryView {
  const records =
    'connection' in store
      ? createMongoDeliveryRecords(store.connection)
      : createSqliteDeliveryRecords(store.database);
  return {
    ...records,
    group: CONSUMER_GROUP,
    owedBy: (event) => entriesFor(event).deliveries.map(({ id, mail }) => ({ id, mail })),
  };
}
