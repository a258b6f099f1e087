/**
 * Guarantees read-your-writes: a request waits until the read model has reached the sequence that its caller knows
 * of.
 */
import type { Logger } from '@latchkey/process';
import { loadStoredAccount, type ProfileStore } from '../ports/profiles.ts';
import type { StoredAccount } from '../profile/stored-account.ts';

export interface SequenceWaitLimits {
  /** The maximum time that a request waits for the read model, in ms. */
  readonly timeoutMs: number;
  /**
   * How often the store is polled for accounts that requests wait for, in ms. Polling is necessary because another
   * instance may apply the events of these accounts.
   */
  readonly pollMs: number;
  /** The maximum number of requests that may wait at the same time, in total and per caller. */
  readonly total: number;
  readonly perCaller: number;
}

export const defaultSequenceWaitLimits: SequenceWaitLimits = {
  timeoutMs: 2000,
  pollMs: 25,
  total: 1000,
  perCaller: 20,
};

/** How long a request may still wait after its timeout, while the store is read for the last time, in ms. */
const LAST_LOOK_MS = 250;

export interface SequenceWaiter {
  /**
   * Resolves with the account once the read model has applied its events up to `sequence`. If the account is parked and
   * thus makes no progress, resolves immediately.
   * @throws SequenceWaitRefused (behind, crowded); StoreUnavailable if the first read fails. If a later read fails, the
   * wait continues
   */
  waitUntilSettled(id: string, sequence: number, caller: string): Promise<StoredAccount>;
  /**
   * Resolves with the account once the read model has applied its events up to `sequence`.
   * @throws the errors of `waitUntilSettled`, and SequenceWaitRefused (parked) if the account is parked
   */
  waitFor(id: string, sequence: number, caller: string): Promise<StoredAccount>;
  /**
   * Ends the wait of each request whose account has reached the awaited sequence.
   * @param accounts accounts as they are now stored
   */
  notify(accounts: readonly StoredAccount[]): void;
  /** Returns the number of requests that are waiting for the read model. */
  waiting(): number;
}

interface Waiter {
  readonly id: string;
  readonly sequence: number;
  readonly caller: string;
  settle(account: StoredAccount): void;
}

/**
 * Why a wait was refused. `behind`: the account did not reach the sequence in time. `crowded`: too many requests are
 * already waiting. `parked`: the account is parked.
 */
export type SequenceWaitRefusal = 'behind' | 'crowded' | 'parked';

export class SequenceWaitRefused extends Error {
  readonly kind: SequenceWaitRefusal;

  constructor(kind: SequenceWaitRefusal) {
    super(kind);
    this.name = 'SequenceWaitRefused';
    this.kind = kind;
  }
}

export function createSequenceWaiter(deps: {
  readonly profiles: Pick<ProfileStore, 'load'>;
  readonly logger: Logger;
  readonly limits?: Partial<SequenceWaitLimits>;
}): SequenceWaiter {
  const { profiles, logger } = deps;
  const limits = { ...defaultSequenceWaitLimits, ...deps.limits };
  const waiters = new Set<Waiter>();
  let isPolling = false;
  let isStoreDown = false;

  function notify(accounts: readonly StoredAccount[]): void {
    if (waiters.size === 0) return;
    const byId = new Map(accounts.map((stored) => [stored.account, stored]));
    for (const waiter of waiters) {
      const account = byId.get(waiter.id);
      if (account !== undefined && isSettled(account, waiter.sequence)) waiter.settle(account);
    }
  }

  async function poll(): Promise<void> {
    try {
      const ids = new Set([...waiters].map((waiter) => waiter.id));
      notify([...(await profiles.load([...ids])).values()]);
      isStoreDown = false;
    } catch (error) {
      // Log only the first of several failures, because an outage would otherwise cause dozens of log lines a second.
      if (!isStoreDown) logger.warn({ err: error }, 'the accounts that requests wait for cannot be read');
      isStoreDown = true;
    }
    isPolling = false;
    pollLater();
  }

  function pollLater(): void {
    if (isPolling || waiters.size === 0) return;
    isPolling = true;
    setTimeout(() => void poll(), limits.pollMs);
  }

  function assertCapacity(caller: string): void {
    const ofCaller = [...waiters].filter((waiter) => waiter.caller === caller).length;
    if (waiters.size >= limits.total || ofCaller >= limits.perCaller)
      throw new SequenceWaitRefused('crowded');
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
      function refuse() {
        leave();
        reject(new SequenceWaitRefused('behind'));
      }
      let timer = setTimeout(() => {
        // Read the store a last time: if this process was stalled, the account may have reached the sequence since the
        // last poll.
        timer = setTimeout(refuse, LAST_LOOK_MS);
        void profiles
          .load([id])
          .then((found) => notify([...found.values()]))
          .catch(() => undefined)
          .finally(refuse);
      }, limits.timeoutMs);
      waiters.add(waiter);
      pollLater();
    });
  }

  async function waitUntilSettled(id: string, sequence: number, caller: string): Promise<StoredAccount> {
    const now = await loadStoredAccount(profiles, id);
    if (isSettled(now, sequence)) return now;
    assertCapacity(caller);
    return wait(id, sequence, caller);
  }

  return {
    waitUntilSettled,
    async waitFor(id, sequence, caller) {
      const account = await waitUntilSettled(id, sequence, caller);
      if (account.parked !== undefined) throw new SequenceWaitRefused('parked');
      return account;
    },
    notify,
    waiting: () => waiters.size,
  };
}

function isSettled(account: StoredAccount, sequence: number): boolean {
  return account.parked !== undefined || account.sequence >= sequence;
}
