/**
 * Starts, refreshes, restores and ends the session of a client, and keeps it the same in all tabs of the app.
 */
import type { components } from './api.d.ts';
import type { ClientEventEmitter } from './events.ts';
import type { PostRequest } from './http.ts';
import { ApiProblem } from './problem.ts';
import { createSession, type Session, type Storage } from './session.ts';
import { openSessionStore, openSignOutMarker } from './session-store.ts';
import { openTabCoordinator, type TabMessage } from './tabs.ts';

type Tokens = components['schemas']['Tokens'];

export interface SessionKeeper {
  session(): Session | undefined;
  /** Returns whether the access token of a session has expired or expires soon. */
  isDue(session: Session): boolean;
  /**
   * Exchanges the tokens of a session for new ones, unless another request or another tab has already done
   * so.
   * @param stale the session whose tokens are to be replaced
   * @returns the current session, which belongs to a different person if somebody else has signed in in the
   * meantime; undefined if the session has ended
   * @throws ApiProblem or the error of fetch if the server did not renew the tokens; the session is then
   * kept
   */
  refresh(stale: Session | undefined): Promise<Session | undefined>;
  /**
   * Loads the user of the session again, if the given account was changed and the session belongs to it. Best
   * effort.
   */
  reload(account: string | undefined): Promise<void>;
  restore(): Promise<Session | undefined>;
  signIn(email: string, password: string): Promise<Session>;
  signOut(): Promise<void>;
  close(): void;
}

/**
 * How long before its expiry an access token is refreshed, in ms. The margin is needed because requests take
 * a while, and clocks differ.
 */
const EARLY_MS = 30_000;

/**
 * Creates a session keeper, which has no session until `restore` or `signIn` is called. Call `close` when the
 * client is no longer used, because the keeper listens to the other tabs.
 */
export function openSessionKeeper(options: {
  readonly mode: 'body' | 'cookie';
  readonly storage: Storage;
  readonly key: string;
  /** Whether the other tabs of the app have the same session. */
  readonly isShared: boolean;
  readonly post: PostRequest;
  readonly emit: ClientEventEmitter['emit'];
  now(): number;
}): SessionKeeper {
  const { mode, storage, key, post, emit, now } = options;
  const store = openSessionStore(storage, key);
  const signOutMark = openSignOutMarker(storage, key);
  const tabs = openTabCoordinator(
    options.isShared ? key : undefined,
    (message) => void follow(message).catch(() => undefined),
    mode === 'body' ? key : undefined,
  );
  /** The refreshes in flight. The key is the access token that the refresh replaces. */
  const refreshes = new Map<string | undefined, Promise<Session | undefined>>();
  let current: Session | undefined;
  /**
   * The number of changes of the session so far. An asynchronous function compares the numbers from before
   * and after a wait, to notice whether the session was changed during the wait.
   */
  let changes = 0;

  /**
   * Sets the session, and emits an event if the person, or the person's data, differ from those of the
   * previous session.
   * @param end the event to emit if this change signs out the person of the previous session
   */
  function adopt(next: Session | undefined, end: 'signedOut' | 'expired' = 'signedOut'): void {
    const before = current;
    if (next !== undefined && next.accessToken === before?.accessToken) return;
    current = next;
    changes += 1;
    const isSame = before?.user.id === next?.user.id;
    if (before !== undefined && !isSame) emit(end, undefined);
    if (next === undefined) return;
    if (!isSame) emit('signedIn', next);
    else if (JSON.stringify(before?.user) !== JSON.stringify(next.user)) emit('userUpdated', next);
  }

  /**
   * Applies a change of the session that another tab has reported. In cookie mode, the client asks the
   * server for the new session, because no script can read the session cookie.
   */
  async function follow(message: TabMessage): Promise<void> {
    if (message !== 'changed') adopt(undefined, message);
    else if (mode === 'body') adopt(await store.read(current));
    else await refresh(current);
  }

  /** Returns the current session of the app, which another tab may have replaced or ended. */
  async function read(): Promise<Session | undefined> {
    if (mode === 'body') return store.read(current);
    return (await signOutMark.isSet()) ? undefined : current;
  }

  async function logOut(session: Session | undefined): Promise<void> {
    if (mode === 'body') {
      if (session !== undefined) await post('logout', { refreshToken: session.refreshToken });
      return;
    }
    await post('logout');
    await signOutMark.clear();
  }

  function isDue({ expiresAt }: Session): boolean {
    return expiresAt - now() < EARLY_MS;
  }

  function refresh(stale: Session | undefined): Promise<Session | undefined> {
    const token = stale?.accessToken;
    const running =
      refreshes.get(token) ?? tabs.exclusive(() => renew(stale)).finally(() => refreshes.delete(token));
    refreshes.set(token, running);
    return running;
  }

  async function renew(stale: Session | undefined): Promise<Session | undefined> {
    const known = await read();
    if (known?.accessToken !== stale?.accessToken) {
      adopt(known);
      if (known === undefined || !isDue(known)) return known;
    }
    if (mode === 'cookie' && (await signOutMark.isSet())) {
      await logOut(undefined).catch(() => undefined);
      return undefined;
    }
    if (mode === 'body' && known === undefined) return undefined;

    const before = changes;
    const next = await exchange(known);
    const still = await read();
    if (changes !== before) return current;
    if (still?.accessToken !== known?.accessToken) {
      adopt(still);
    } else if (next !== undefined) {
      adopt(next);
      if (mode === 'body') await store.save(next);
    } else if (known !== undefined) {
      current = known;
      adopt(undefined, 'expired');
      if (mode === 'body') await store.remove(known);
      tabs.tell('expired');
    }
    return current;
  }

  /**
   * Sends the refresh token to the server.
   * @returns the new session; undefined if the server no longer accepts the token
   */
  async function exchange(known: Session | undefined): Promise<Session | undefined> {
    try {
      const body = mode === 'body' ? { refreshToken: known?.refreshToken } : undefined;
      return createSession((await post<Tokens>('refresh', body)).answer, now());
    } catch (error) {
      // A 401 with a different code does not come from the API, but from a proxy or a captive portal.
      if (error instanceof ApiProblem && error.code === 'refresh_token_invalid') return undefined;
      throw error;
    }
  }

  return {
    session: () => current,
    isDue,
    refresh,
    async reload(account) {
      if (current === undefined || current.user.id !== account) return;
      const session = await refresh(await read()).catch(() => undefined);
      if (session !== undefined) tabs.tell('changed');
    },
    async restore() {
      const before = changes;
      const known = current ?? (await read());
      if (changes !== before) return current;
      if (known === undefined ? mode === 'body' : !isDue(known)) {
        adopt(known);
        return current;
      }
      try {
        await refresh(known);
      } catch (error) {
        if (known === undefined) throw error;
        if (changes === before) adopt(known);
      }
      return current;
    },
    signIn: (email, password) =>
      tabs.exclusive(async () => {
        const { answer } = await post<Tokens>('login', { email, password, tokens: mode });
        const session = createSession(answer, now());
        // If the same person signs in again, forget the previous session. Otherwise, `adopt` would notice
        // no difference, and would not emit `signedIn` for the new session.
        if (current?.user.id === session.user.id) current = undefined;
        adopt(session);
        await (mode === 'body' ? store.save(session) : signOutMark.clear());
        tabs.tell('changed');
        return session;
      }),
    async signOut() {
      const known = current;
      adopt(undefined);
      const session = mode === 'body' ? ((await store.read(undefined)) ?? known) : known;
      await (mode === 'body' ? store.remove(session) : signOutMark.set());
      tabs.tell('signedOut');
      await tabs.exclusive(() => logOut(session));
    },
    close: tabs.close,
  };
}
