/** Selects the implementation of webhook storage for a store. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { WebhookStorage } from '../ports.ts';
import { openMongoWebhookStorage } from './mongo/webhooks.ts';
import { openSqliteWebhookStorage } from './sqlite/webhooks.ts';

/** Opens the webhook storage of a store. The store may still be connecting. @throws DataFolderError */
export const openWebhookStorage: (store: Store) => WebhookStorage = selectByStoreKind({
  mongo: openMongoWebhookStorage,
  sqlite: openSqliteWebhookStorage,
});
