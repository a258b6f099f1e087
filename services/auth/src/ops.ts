/** Auth for operators' commands, while instances may be running. */
import type { Store } from '@latchkey/backend';
import type { Role } from '@latchkey/events';
import { type Movable, movable, type Preparable } from '@latchkey/store';
import type { JournalView } from '@latchkey/verify';
import { v7 } from 'uuid';
import { existing } from './account/index.ts';
import { parseEmail } from './addresses/email.ts';
import { ownerOf } from './addresses/owners.ts';
import { changeRole } from './administration/manage-accounts.ts';
import { fingerprints, parseSecretKey } from './keys/keys.ts';
import type { Secrets } from './keys/secrets.ts';
import type { MigrationTarget } from './ports/migration.ts';
import { openStorage } from './storage/index.ts';
import { createAccounts } from './streams/accounts.ts';
import { createJournalView } from './streams/journal-view.ts';

/** Every method may reject with StoreUnavailable. Events are only appended: a running auth publishes them. */
export interface AuthOps extends Preparable {
  readonly journal: JournalView;
  /**
   * Gives the verified account of an address a role.
   * @returns the previous role
   * @throws Error that says what is wrong with the address
   */
  changeRole(email: string, role: Role): Promise<Role>;
  /**
   * Returns the sequence of an account's last event, 0 if there is none.
   * @throws UnreadableCommit if its events cannot be read
   */
  lastSequence(userId: string): Promise<number>;
}

/** Opens auth on a store. @throws DataFolderError */
export function openOps(store: Store): AuthOps {
  const stores = openStorage(store);
  const { journal, sessions, requirements, check } = stores;
  const accounts = createAccounts({
    ...stores,
    // The sweep of a running auth publishes what is appended here.
    nudge: () => undefined,
    now: () => new Date(),
    newId: () => v7(),
  });

  return {
    requirements,
    check,
    journal: createJournalView(stores.storedCommits),
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

export interface AuthMove extends Pick<MigrationTarget, 'end'> {
  /**
   * Begins the move. Until `end`, auth does not start on the target.
   * @returns 'ended' if the same move was completed before
   * @throws Error of one line if these are not the keys that the accounts were created with, or the target contains
   * other accounts
   */
  begin(): Promise<'begun' | 'ended'>;
  /** In the order in which they must be moved: commits last, because each is published once it is there. */
  readonly kinds: readonly Movable[];
}

type StoreKeys = Pick<Secrets, 'PASSWORD_SALT_KEY' | 'REFRESH_KEY'>;

/**
 * Opens a move of auth's records. Auth must not run on either store meanwhile.
 * @param keys the keys of the source's auth
 * @throws Error of one line if records cannot be moved between stores of these kinds; DataFolderError
 */
export function openMove(from: Store, to: Store, keys: StoreKeys): AuthMove {
  const [{ source }, { target }] = [openStorage(from), openStorage(to)];
  if (source === undefined || target === undefined)
    throw new Error(`STORE: records cannot be moved from ${from.kind} to ${to.kind}`);

  return {
    async begin() {
      const stored = await source.fingerprints();
      const given = fingerprintsOf(keys);
      const differing = Object.keys(stored).filter((name) => stored[name] !== given[name]);
      if (differing.length > 0)
        throw new Error(`${differing.join(', ')}: not what the accounts of the data folder were made with`);
      return target.begin(given);
    },
    end: target.end,
    kinds: [
      movable({ name: 'requests', lasting: false }, source.requests, target.requests),
      movable({ name: 'sessions', lasting: false }, source.sessions, target.sessions),
      movable({ name: 'commits', lasting: true }, source.commits, target.commits),
    ],
  };
}

function fingerprintsOf({ PASSWORD_SALT_KEY, REFRESH_KEY }: StoreKeys): Record<string, string> {
  return fingerprints({
    PASSWORD_SALT_KEY: parseSecretKey(PASSWORD_SALT_KEY),
    REFRESH_KEY: parseSecretKey(REFRESH_KEY),
  });
}
