/**
 * Coordinates the tabs of an app that share one session. Uses Web Locks and BroadcastChannel if the browser
 * has them.
 */
import { MAX_REQUEST_DURATION_MS } from './deadline.ts';

/**
 * A message from one tab to the others. It contains no tokens: each tab reads the session from where it is
 * stored.
 */
export type TabMessage = 'changed' | 'signedOut' | 'expired';

interface Locks {
  request<T>(name: string, options: { readonly signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/** The part of `window` that notifies a page when another tab changes localStorage. */
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
  /** Lets the process end although the channel is open. Only Node's BroadcastChannel has this method. */
  unref?(): void;
  onmessage: ((event: { readonly data: TabMessage }) => void) | null;
}

export interface TabCoordinator {
  /**
   * Runs the functions that are passed to it one at a time, in all tabs together. In a browser without Web
   * Locks, only functions of the same tab wait for each other. If another tab holds the lock for too long,
   * for example because the browser has suspended it, the function runs without the lock.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Sends a message to the other tabs. After `close` was called, sends nothing. */
  tell(message: TabMessage): void;
  close(): void;
}

/**
 * Opens the connection to the other tabs.
 * @param name the name of the shared session; undefined if no other tab shares it
 * @param hear called with each message of another tab, and once more with `changed` when a change of the
 * storage becomes visible in this tab, because the message may arrive before the change
 * @param storageKey the key under which the tabs store the session; undefined if they do not store it
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

/**
 * Opens a channel between tabs. Returns undefined if the browser does not have BroadcastChannel, or does not
 * allow the page to open one, for example in a sandbox.
 */
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

/**
 * Runs work while the page holds a lock that all tabs share. If the page cannot get the lock, runs the work
 * without it.
 */
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
