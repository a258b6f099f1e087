/** Coordinates the tabs of an app that share one session, with Web Locks and BroadcastChannel, where they exist. */
import { MAX_REQUEST_DURATION_MS } from './deadline.ts';

/** What a tab tells the others. It contains no tokens: each tab reads the session where it is kept. */
export type TabMessage = 'changed' | 'signedOut' | 'expired';

interface Locks {
  request<T>(name: string, options: { readonly signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/** The part of a page's `window` that reports what another tab has stored in localStorage. */
interface StorageEvents {
  addEventListener?(type: 'storage', listener: (event: StorageChange) => void): void;
  removeEventListener?(type: 'storage', listener: (event: StorageChange) => void): void;
}

interface StorageChange {
  readonly key: string | null;
  readonly newValue: string | null;
}

interface Channel {
  postMessage(message: TabMessage): void;
  close(): void;
  /** Exists in Node. */
  unref?(): void;
  onmessage: ((event: { readonly data: TabMessage }) => void) | null;
}

export interface TabCoordinator {
  /**
   * Runs work while no other call of this method runs its work, in any tab. Without Web Locks, only calls in this tab
   * exclude each other. If another tab holds the lock for too long, for example because it is suspended, the work runs
   * without the lock.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Sends a message to the other tabs. Does nothing after `close`. */
  tell(message: TabMessage): void;
  close(): void;
}

/**
 * Opens the connection to the other tabs.
 * @param name the name of the shared session. Undefined if no other tab shares it
 * @param hear called with the messages of other tabs
 * @param storageKey the key under which tabs store the session, if they do. A message may arrive before the tab sees
 * what was stored, so `changed` is repeated when it does
 */
export function openTabCoordinator(
  name: string | undefined,
  hear: (message: TabMessage) => void,
  storageKey: string | undefined,
): TabCoordinator {
  let channel = name === undefined ? undefined : openChannel(name);
  if (channel !== undefined) channel.onmessage = ({ data }) => hear(data);
  const page = globalThis as StorageEvents;
  function hearStorage({ key, newValue }: StorageChange): void {
    if (key === storageKey && newValue !== null) hear('changed');
  }
  if (name !== undefined && storageKey !== undefined) page.addEventListener?.('storage', hearStorage);
  let last: Promise<unknown> = Promise.resolve();

  return {
    exclusive(work) {
      const done = last.then(() => (name === undefined ? work() : withLock(name, work)));
      last = done.catch(() => undefined);
      return done;
    },
    tell: (message) => channel?.postMessage(message),
    close() {
      channel?.close();
      channel = undefined;
      page.removeEventListener?.('storage', hearStorage);
    },
  };
}

/** Opens a channel. Returns undefined where there are none, or where the page may not open one, as in a sandbox. */
function openChannel(name: string): Channel | undefined {
  const { BroadcastChannel } = globalThis as unknown as {
    readonly BroadcastChannel?: new (name: string) => Channel;
  };
  try {
    const channel = BroadcastChannel && new BroadcastChannel(name);
    channel?.unref?.();
    return channel;
  } catch {
    return undefined;
  }
}

/** Runs work with a lock, or without it if the page cannot get the lock. */
async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { navigator } = globalThis as unknown as { readonly navigator?: { readonly locks?: Locks } };
  if (navigator?.locks === undefined) return work();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), MAX_REQUEST_DURATION_MS);
  let hasStarted = false;
  function start(): Promise<T> {
    clearTimeout(timer);
    hasStarted = true;
    return work();
  }
  try {
    return await navigator.locks.request(name, { signal: controller.signal }, start);
  } catch (error) {
    if (hasStarted) throw error;
    return start();
  }
}
