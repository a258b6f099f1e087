import { openStorage as openAuth } from '@latchkey/auth';
import type { Store } from '@latchkey/backend';
import { openStorage as openNotifier } from '@latchkey/notifier';
import type { Preparable } from '@latchkey/store';
import { openStorage as openUser } from '@latchkey/user';

/** What each service needs in the store before it starts. */
export function schemasOf(store: Store): readonly Preparable[] {
  return [openAuth(store), openNotifier(store), openUser(store)];
}
