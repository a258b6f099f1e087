/**
 * Stores the data of the client that must survive the reload of a page. Storage is best effort: a browser may
 * refuse to store anything because the storage is full or blocked. The session then ends with the page.
 */
import { parseSession, type Session, type Storage } from './session.ts';

/** Stores the session of a client in body mode. */
export interface SessionStore {
  /**
   * Returns the stored session, which another tab may have replaced or ended.
   * @param known the session of this client, which is returned if the storage fails
   */
  read(known: Session | undefined): Promise<Session | undefined>;
  save(session: Session): Promise<void>;
  /**
   * Removes the stored session.
   * @param ended the session that was stored
   */
  remove(ended: Session | undefined): Promise<void>;
}

/**
 * Creates a store that keeps a session in `storage`, under `key`. If the storage fails, no method rejects.
 */
export function openSessionStore(storage: Storage, key: string): SessionStore {
  /**
   * The expiry time of the session whose write or removal has just failed, in ms since the epoch; -1 if the
   * last write succeeded. A stored session that expires at this time or earlier is out of date.
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
      // If the new session could not be stored, remove the previous session from the storage, because the
      // previous session must not be used any more.
      if (staleUntil >= 0) await succeeds(() => storage.removeItem(key));
    },
    remove: (ended) => write(() => storage.removeItem(key), ended?.expiresAt),
  };
}

/**
 * Remembers that the person has signed out in cookie mode, until the server has been informed and has removed
 * the cookie.
 */
export interface SignOutMarker {
  isSet(): Promise<boolean>;
  set(): Promise<void>;
  clear(): Promise<void>;
}

const SIGNED_OUT = 'signed-out';

/**
 * Creates a sign-out marker that is kept in `storage`, under `key`. If the storage fails, no method rejects.
 */
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
