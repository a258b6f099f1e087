/** Streams that wait to be published, each once, in the order in which they came. */
export interface StreamQueue {
  /** What does not fit is dropped: the sweep finds it in the journal. */
  add(stream: string): void;
  /** Takes out at most `limit` streams; waits while there is none. Empty only once the queue has ended. */
  take(limit: number): Promise<readonly string[]>;
}

/** A queue that ends, with what is in it, when `signal` is aborted. It has one taker. */
export function createStreamQueue(capacity: number, signal: AbortSignal): StreamQueue {
  const streams = new Set<string>();
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });

  return {
    add(stream) {
      if (streams.size >= capacity) return;
      streams.add(stream);
      wake();
    },
    async take(limit) {
      while (streams.size === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal.aborted) return [];
      const taken = streams.values().take(limit).toArray();
      for (const stream of taken) streams.delete(stream);
      return taken;
    },
  };
}
