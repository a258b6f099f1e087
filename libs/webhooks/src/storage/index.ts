/** Opens webhook storage on any kind of store. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { WebhookStorage } from '../ports.ts';
import { openMongoWebhookStorage } from './mongo/webhooks.ts';
import { openSqliteWebhookStorage } from './sqlite/webhooks.ts';

/**
 * Opens the webhook storage in a store. The store may still be connecting.
 * @throws DataFolderError
 */
export const openWebhookStorage: (store: Store) => WebhookStorage = selectByStoreKind({
  mongo: openMongoWebhookStorage,
  sqlite: openSqliteWebhookStorage,
});
