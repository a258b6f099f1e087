/**
 * Limits how many tasks run concurrently, how many wait, and how long they wait. The queue is shared fairly
 * between client networks, and between the addresses within a network.
 */
import { createFairQueue } from './fair-queue.ts';

/** How many hashing tasks are running, and how many are waiting. */
export interface HashingLoad {
  readonly running: number;
  readonly waiting: number;
}

/** The client network and the email address for which a task runs. */
export interface PasswordHashRequester {
  /** The network of the client for which the task runs. */
  readonly network: string;
  /** The email address of the account for which the task runs. */
  readonly address: string;
}

export interface FairConcurrencyLimit {
  /**
   * Runs a task as soon as fewer than `concurrency` other tasks are running. Until then, the task waits in a
   * fair queue: networks take turns, and so do the addresses within a network. Each turn runs one task, so
   * that no client can starve the others.
   * @param isWanted called before the task starts; if it returns false, the task is refused
   * @throws the error that `refusal` creates, if the task was refused without running. The reasons: the queue
   * is full; the address has used up its share of the queue; the wait exceeds `maxWaitMs`; `isWanted`
   * returned false
   */
  run<T>(task: () => Promise<T>, requester: PasswordHashRequester, isWanted?: () => boolean): Promise<T>;
  load(): HashingLoad;
}

interface Waiter extends PasswordHashRequester {
  readonly since: number;
  isWanted(): boolean;
  begin(): void;
  refuse(): void;
}

export function createFairConcurrencyLimit(options: {
  readonly concurrency: number;
  /** The maximum number of waiting tasks of all networks together. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  refusal(): Error;
  /** Returns the time of a monotonic clock in ms. Default: the clock of this process. */
  now?(): number;
}): FairConcurrencyLimit {
  const { concurrency, maxWaiting, maxWaitMs, refusal, now = () => performance.now() } = options;
  const waiting = createFairQueue<Waiter>(maxWaiting);
  let running = 0;

  function sweep(): void {
    for (const left of waiting.removeWhere(({ since, isWanted }) => now() - since > maxWaitMs || !isWanted()))
      left.refuse();
  }

  /**
   * Waits until a task may run. A slot that becomes free goes to a waiting task, so that no new task can
   * overtake the waiting ones.
   */
  async function enter(requester: PasswordHashRequester, isWanted: () => boolean): Promise<void> {
    if (!isWanted()) throw refusal();
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.size() >= maxWaiting) sweep();
    await new Promise<void>((begin, reject) => {
      const waiter = { ...requester, since: now(), isWanted, begin, refuse: () => reject(refusal()) };
      waiting.add(waiter)?.refuse();
    });
  }

  function leave(): void {
    sweep();
    const next = waiting.take();
    if (next === undefined) running -= 1;
    else next.begin();
  }

  return {
    load: () => ({ running, waiting: waiting.size() }),
    async run(task, requester, isWanted = () => true) {
      await enter(requester, isWanted);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
