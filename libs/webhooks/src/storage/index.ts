/** The kinds of stores that webhooks are kept in. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { WebhookStorage } from '../ports.ts';
import { openMongoWebhookStorage } from './mongo/webhooks.ts';
import { openSqliteWebhookStorage } from './sqlite/webhooks.ts';

/** Opens the webhooks of a store, whose connection may still be in progress. @throws DataFolderError */
export const openWebhookStorage: (store: Store) => WebhookStorage = selectByStoreKind({
  mongo: openMongoWebhookStorage,
  sqlite: openSqliteWebhookStorage,
});
