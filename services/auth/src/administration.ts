/** What ops may do beside a running server: it only appends; the server publishes. */
import type { Store } from '@latchkey/backend';
import type { Role } from '@latchkey/events';
import { v7 } from 'uuid';
import { existing } from './account/index.ts';
import { parseEmail } from './addresses/email.ts';
import { ownerOf } from './addresses/owners.ts';
import { changeRole } from './administration/manage-accounts.ts';
import { openStorage } from './storage/index.ts';
import { createAccounts } from './streams/accounts.ts';

export interface Administration {
  /**
   * Gives the verified account of an address a role.
   * @returns what it was before; the same as `role` if nothing had to change.
   * @throws Error saying what is wrong with the address
   */
  changeRole(email: string, role: Role): Promise<Role>;
  /**
   * The sequence of an account's last event, 0 where there is none.
   * @throws UnreadableCommit if its events cannot be read
   */
  lastSequence(userId: string): Promise<number>;
}

export function openAdministration(store: Store): Administration {
  const stores = openStorage(store);
  const { journal, sessions } = stores;
  const accounts = createAccounts({
    ...stores,
    // The server's sweep finds what is appended here.
    nudge: () => undefined,
    now: () => new Date(),
    newId: () => v7(),
  });

  return {
    async changeRole(email, role) {
      const address = parseEmail(email);
      if (address === undefined) throw new Error(`${email} is not an e-mail address`);
      const userId = await ownerOf({ journal }, address.canonical);
      if (userId === undefined) throw new Error(`no verified account has the address ${email}`);
      const before = await accounts.load(userId);
      const origin = { correlationId: `ops-${v7()}` };
      await changeRole({ accounts, sessions }, { userId, by: 'ops', role }, origin);
      return existing(before).role;
    },
    async lastSequence(userId) {
      const state = await accounts.load(userId);
      return state.status === 'none' ? 0 : state.sequence;
    },
  };
}
