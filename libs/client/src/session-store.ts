/**
 * Stores what outlives a page. Storage is best effort: browsers refuse to store anything if the storage is full or
 * blocked. The session then ends with the page.
 */
import { parseSession, type Session, type Storage } from './session.ts';

/** The session in body mode. */
export interface SessionStore {
  /**
   * Returns the stored session, which another tab may have replaced or ended.
   * @param known the session of this client, which is returned if the storage fails
   */
  read(known: Session | undefined): Promise<Session | undefined>;
  save(session: Session): Promise<void>;
  /** @param ended the session that was stored */
  remove(ended: Session | undefined): Promise<void>;
}

/** Returns the store of a session under a key of a storage. No method rejects if the storage fails. */
export function openSessionStore(storage: Storage, key: string): SessionStore {
  /**
   * Sessions in the storage that expire up to this time are out of date, because a later write has failed. In ms since
   * the epoch.
   */
  let staleUntil = -1;

  async function write(action: () => void | Promise<void>, expiresAt = 0): Promise<void> {
    staleUntil = (await succeeds(action)) ? -1 : expiresAt;
  }

  return {
    async read(known) {
      try {
        const stored = parseSession(await storage.getItem(key));
        return (stored?.expiresAt ?? 0) > staleUntil ? stored : known;
      } catch {
        return known;
      }
    },
    async save(session) {
      await write(() => storage.setItem(key, JSON.stringify(session)), session.expiresAt);
      // If the session cannot be stored, the one before it must not be used again.
      if (staleUntil >= 0) await succeeds(() => storage.removeItem(key));
    },
    remove: (ended) => write(() => storage.removeItem(key), ended?.expiresAt),
  };
}

/** The fact that the person has signed out in cookie mode, until the server knows it and has removed the cookie. */
export interface SignOutMarker {
  isSet(): Promise<boolean>;
  set(): Promise<void>;
  clear(): Promise<void>;
}

const SIGNED_OUT = 'signed-out';

/** Returns the mark under a key of a storage. No method rejects if the storage fails. */
export function openSignOutMarker(storage: Storage, key: string): SignOutMarker {
  return {
    async isSet() {
      try {
        return (await storage.getItem(key)) === SIGNED_OUT;
      } catch {
        return false;
      }
    },
    set: async () => void (await succeeds(() => storage.setItem(key, SIGNED_OUT))),
    clear: async () => void (await succeeds(() => storage.removeItem(key))),
  };
}

async function succeeds(action: () => void | Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}
