/** Streams that wait to be published, each once, in the order in which they came. */
export interface StreamQueue {
  /** What does not fit is dropped: the sweep finds it in the journal. */
  add(stream: string): void;
  /** For another try. Those wait apart, so that they hold nobody up who has not been tried yet. */
  putBack(stream: string): void;
  /**
   * Takes out some that are new, or some for another try: by turns, where there are both. Waits while there is neither.
   * Without streams only once the queue has ended.
   */
  take(limits: { readonly fresh: number; readonly again: number }): Promise<Taken>;
  /** Whether any wait for another try. */
  holdsBack(): boolean;
}

export interface Taken {
  readonly streams: readonly string[];
  /** Whether they were put back before. */
  readonly again: boolean;
}

/** A queue that ends, with what is in it, when `signal` is aborted. It has one taker. */
export function createStreamQueue(capacity: number, signal: AbortSignal): StreamQueue {
  const fresh = new Set<string>();
  const putBack = new Set<string>();
  let again = false;
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });

  function addTo(streams: Set<string>, stream: string): void {
    if (fresh.size + putBack.size >= capacity) return;
    streams.add(stream);
    wake();
  }

  function takeFrom(streams: Set<string>, limit: number): readonly string[] {
    const taken = streams.values().take(limit).toArray();
    for (const stream of taken) streams.delete(stream);
    return taken;
  }

  return {
    add: (stream) => addTo(fresh, stream),
    putBack: (stream) => addTo(putBack, stream),
    async take(limits) {
      while (fresh.size + putBack.size === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal.aborted) return { streams: [], again: false };
      again = putBack.size > 0 && (fresh.size === 0 || !again);
      const streams = again ? takeFrom(putBack, limits.again) : takeFrom(fresh, limits.fresh);
      return { streams, again };
    },
    holdsBack: () => putBack.size > 0,
  };
}
