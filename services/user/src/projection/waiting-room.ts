/** Read your writes: a request waits until the read model has reached the sequence that its caller has seen. */
import type { Logger } from '@latchkey/process';
import type { Profiles } from '../ports/profiles.ts';
import type { StoredAccount } from '../profile/stored-account.ts';

export interface WaitLimits {
  /** How long one request waits at most, in ms. */
  readonly timeoutMs: number;
  /** How often the store is asked about the accounts waited for: another instance may apply their events. */
  readonly pollMs: number;
  /** Requests that may wait at the same time, in all and on behalf of one caller. */
  readonly total: number;
  readonly perCaller: number;
}

export const defaultWaitLimits: WaitLimits = { timeoutMs: 2000, pollMs: 25, total: 1000, perCaller: 20 };

export interface WaitingRoom {
  /**
   * The account once it has reached `sequence`, at once if it has already or is parked: then it will not.
   * @throws WaitRefused (behind, crowded); StoreUnavailable if the store cannot be asked at first. An outage while
   * waiting counts as waiting.
   */
  settled(id: string, sequence: number, caller: string): Promise<StoredAccount>;
  /** Like `settled`. @throws WaitRefused (parked) as well */
  reach(id: string, sequence: number, caller: string): Promise<StoredAccount>;
  /** Wakes those whose account has got there. */
  announce(accounts: readonly StoredAccount[]): void;
  /** How many wait at present. */
  waiting(): number;
}

interface Waiter {
  readonly id: string;
  readonly sequence: number;
  readonly caller: string;
  settle(account: StoredAccount): void;
}

/** The account did not reach the sequence in time, too many requests wait already, or the account is parked. */
export type WaitRefusal = 'behind' | 'crowded' | 'parked';

export class WaitRefused extends Error {
  readonly kind: WaitRefusal;

  constructor(kind: WaitRefusal) {
    super(kind);
    this.name = 'WaitRefused';
    this.kind = kind;
  }
}

export function createWaitingRoom(deps: {
  readonly profiles: Pick<Profiles, 'find' | 'load'>;
  readonly logger: Logger;
  readonly limits?: Partial<WaitLimits>;
}): WaitingRoom {
  const limits = { ...defaultWaitLimits, ...deps.limits };
  const waiters = new Set<Waiter>();
  let polling = false;
  let away = false;

  function announce(accounts: readonly StoredAccount[]): void {
    if (waiters.size === 0) return;
    const byId = new Map(accounts.map((stored) => [stored.account, stored]));
    for (const waiter of waiters) {
      const account = byId.get(waiter.id);
      if (account !== undefined && isSettled(account, waiter.sequence)) waiter.settle(account);
    }
  }

  async function pollOnce(): Promise<void> {
    try {
      const ids = new Set([...waiters].map((waiter) => waiter.id));
      announce([...(await deps.profiles.load([...ids])).values()]);
      away = false;
    } catch (error) {
      // Not a line for every look: an outage would write dozens a second.
      if (!away) deps.logger.warn({ err: error }, 'accounts that are waited for cannot be asked about');
      away = true;
    }
    polling = false;
    keepPolling();
  }

  function keepPolling(): void {
    if (polling || waiters.size === 0) return;
    polling = true;
    setTimeout(() => void pollOnce(), limits.pollMs);
  }

  function admit(caller: string): void {
    const ofCaller = [...waiters].filter((waiter) => waiter.caller === caller).length;
    if (waiters.size >= limits.total || ofCaller >= limits.perCaller) throw new WaitRefused('crowded');
  }

  function wait(id: string, sequence: number, caller: string): Promise<StoredAccount> {
    return new Promise((resolve, reject) => {
      function leave() {
        clearTimeout(timer);
        waiters.delete(waiter);
      }
      const waiter: Waiter = {
        id,
        sequence,
        caller,
        settle(account) {
          leave();
          resolve(account);
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(new WaitRefused('behind'));
      }, limits.timeoutMs);
      waiters.add(waiter);
      keepPolling();
    });
  }

  async function settled(id: string, sequence: number, caller: string): Promise<StoredAccount> {
    const now = await deps.profiles.find(id);
    if (isSettled(now, sequence)) return now;
    admit(caller);
    return wait(id, sequence, caller);
  }

  return {
    settled,
    reach: async (id, sequence, caller) => usable(await settled(id, sequence, caller)),
    announce,
    waiting: () => waiters.size,
  };
}

/** A parked account will not get there while anybody waits. */
function isSettled(account: StoredAccount, sequence: number): boolean {
  return account.parked !== undefined || account.sequence >= sequence;
}

function usable(account: StoredAccount): StoredAccount {
  if (account.parked !== undefined) throw new WaitRefused('parked');
  return account;
}
