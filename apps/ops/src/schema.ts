import { openAuthOps } from '@latchkey/auth/ops';
import type { Store } from '@latchkey/backend';
import { openServiceClients } from '@latchkey/clients';
import { openNotifierOps } from '@latchkey/notifier/ops';
import type { StorePreparation } from '@latchkey/store';
import { openUserOps } from '@latchkey/user/ops';
import { openWebhookStorage } from '@latchkey/webhooks';

/** Returns the schemas that must exist in the store before the services start. */
export function listStoreSchemas(store: Store): readonly StorePreparation[] {
  return [
    openAuthOps(store),
    openNotifierOps(store),
    openServiceClients(store),
    openUserOps(store),
    openWebhookStorage(store),
  ];
}
