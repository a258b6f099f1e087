import { openAuthOps as openAuth } from '@latchkey/auth/ops';
import type { Store } from '@latchkey/backend';
import { openServiceClients } from '@latchkey/clients';
import { openOps as openNotifier } from '@latchkey/notifier/ops';
import type { Preparable } from '@latchkey/store';
import { openOps as openUser } from '@latchkey/user/ops';
import { openWebhookStorage } from '@latchkey/webhooks';

/** Returns the schemas that must exist in the store before the services start. */
export function preparablesOf(store: Store): readonly Preparable[] {
  return [
    openAuth(store),
    openNotifier(store),
    openServiceClients(store),
    openUser(store),
    openWebhookStorage(store),
  ];
}
