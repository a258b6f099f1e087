/** Coordinates the tabs of an app with Web Locks and BroadcastChannel, where they exist. */
import type { Session } from './session.ts';

interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

interface Channel {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

export interface TabCoordinator {
  /**
   * Runs work while no other call of this method runs its work, in any tab. Without Web Locks, only calls in this tab
   * exclude each other.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Sends the current session to the other tabs, or undefined if there is none. */
  tell(session: Session | undefined): void;
  close(): void;
}

/** Opens the connection to the other tabs. @param hear called with the session that another tab has sent */
export function openTabCoordinator(
  name: string,
  hear: (session: Session | undefined) => void,
): TabCoordinator {
  const { navigator, BroadcastChannel: Opened } = globalThis as unknown as {
    readonly navigator?: { readonly locks?: Locks };
    readonly BroadcastChannel?: new (name: string) => Channel;
  };
  const channel = Opened === undefined ? undefined : new Opened(name);
  if (channel !== undefined)
    channel.onmessage = ({ data }) => hear((data as { readonly session?: Session }).session);
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  }

  return {
    exclusive: (work) => inTurn(() => (navigator?.locks ? navigator.locks.request(name, work) : work())),
    tell: (session) => channel?.postMessage({ session }),
    close: () => channel?.close(),
  };
}
