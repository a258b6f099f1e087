/** Manages the subscriptions to the log: one for each generation that is being filled. */
import type { BusSubscription } from '@latchkey/bus';
import type { Logger } from '@latchkey/process';

export interface GenerationSubscriptions {
  /**
   * Opens the subscriptions of the given generations.
   * @throws the errors of `subscribe`
   */
  start(running: readonly number[]): Promise<void>;
  /**
   * Opens missing subscriptions of the given generations, and closes the subscriptions of all other generations.
   * Returns immediately. Failures are logged; the next call retries.
   */
  align(running: readonly number[]): void;
  /** Returns the subscription of a generation; undefined if the generation has no open subscription. */
  of(generation: number): BusSubscription | undefined;
  /**
   * Closes all subscriptions, each of them after the slice that it is handling. A subscription that is just
   * being opened is closed as soon as it is open.
   */
  stop(): Promise<void>;
}

export function createGenerationSubscriptions(deps: {
  subscribe(generation: number): Promise<BusSubscription>;
  readonly logger: Logger;
}): GenerationSubscriptions {
  const { subscribe, logger } = deps;
  const opened = new Map<number, BusSubscription>();
  /** The generations whose subscriptions are being opened or closed. */
  const changing = new Set<number>();
  let wanted: readonly number[] = [];

  async function open(generation: number): Promise<void> {
    const subscription = await subscribe(generation);
    if (wanted.includes(generation)) opened.set(generation, subscription);
    else await subscription.close();
  }

  async function close(generation: number): Promise<void> {
    const subscription = opened.get(generation);
    opened.delete(generation);
    await subscription?.close();
  }

  async function change(generation: number, work: (generation: number) => Promise<void>): Promise<void> {
    changing.add(generation);
    try {
      await work(generation);
    } finally {
      changing.delete(generation);
    }
  }

  function missing() {
    return wanted.filter((each) => !opened.has(each) && !changing.has(each));
  }
  function unwanted() {
    return [...opened.keys()].filter((each) => !wanted.includes(each) && !changing.has(each));
  }

  function changeLater(generation: number, work: typeof open, failed: string): void {
    void change(generation, work).catch((err: unknown) => logger.warn({ err, generation }, failed));
  }

  return {
    async start(running) {
      wanted = running;
      await Promise.all(missing().map((generation) => change(generation, open)));
    },
    align(running) {
      wanted = running;
      for (const generation of missing())
        changeLater(generation, open, 'a generation of profiles cannot be filled yet');
      for (const generation of unwanted())
        changeLater(generation, close, 'a generation of profiles was closed with an error');
    },
    of: (generation) => opened.get(generation),
    async stop() {
      wanted = [];
      await Promise.all(unwanted().map((generation) => change(generation, close)));
    },
  };
}
