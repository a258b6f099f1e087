/**
 * Limits how many tasks run concurrently, how many wait, and for how long. The queue is shared fairly among its users.
 */
import { createFairQueue } from './fair-queue.ts';

export interface HashingLoad {
  readonly running: number;
  readonly waiting: number;
}

/** The client and the account for which a task runs. */
export interface Requester {
  /** The network of the client. */
  readonly network: string;
  /** The account's address. */
  readonly address: string;
}

export interface FairLimit {
  /**
   * Runs a task as soon as fewer than `concurrency` others run. Waiting networks take turns, and within a network its
   * addresses, so that no client can delay others by more than one of its tasks per turn.
   * @param isWanted called before the task starts; false refuses the task
   * @throws `refusal()`, without running the task: if the network or the address has used up its share of a full queue,
   * if the wait exceeds `maxWaitMs`, or if the task is no longer wanted
   */
  run<T>(task: () => Promise<T>, requester: Requester, isWanted?: () => boolean): Promise<T>;
  load(): HashingLoad;
}

interface Waiter extends Requester {
  readonly since: number;
  isWanted(): boolean;
  begin(): void;
  refuse(): void;
}

export function createFairLimit(options: {
  readonly concurrency: number;
  /** The maximum length of the queue, over all networks. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  refusal(): Error;
  /** Returns the monotonic time in ms. */
  now?(): number;
}): FairLimit {
  const { concurrency, maxWaiting, maxWaitMs, refusal, now = () => performance.now() } = options;
  const waiting = createFairQueue<Waiter>(maxWaiting);
  let running = 0;

  function sweep(): void {
    for (const left of waiting.removeWhere(({ since, isWanted }) => now() - since > maxWaitMs || !isWanted()))
      left.refuse();
  }

  /** Waits for a free slot. A free slot goes to a waiting task, so that no new task can overtake it. */
  async function enter(requester: Requester, isWanted: () => boolean): Promise<void> {
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
