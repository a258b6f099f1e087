/** Streams that are waiting to be published: each at most once, first in, first out. */
export interface StreamQueue {
  /** Adds a stream. If the queue is full, the stream is dropped; the sweep will find it in the outbox. */
  add(stream: string): void;
  /**
   * Adds a stream whose events could not be published. Such streams wait in a queue of their own, so that they never
   * delay new streams.
   */
  addRetry(stream: string): void;
  /**
   * Removes and returns the next batch, alternating between new and retried streams. Waits while there are neither. The
   * batch is empty only if the queue has ended.
   */
  next(limits: { readonly fresh: number; readonly retried: number }): Promise<StreamBatch>;
  /** Returns whether any stream is waiting for a retry. */
  hasRetries(): boolean;
}

export interface StreamBatch {
  readonly streams: readonly string[];
  readonly isRetry: boolean;
}

/**
 * Creates a queue with one reader. The queue ends, and drops its content, when `signal` is aborted.
 * @param capacity maximum number of streams
 */
export function createStreamQueue(capacity: number, signal: AbortSignal): StreamQueue {
  const fresh = new Set<string>();
  const retried = new Set<string>();
  let isRetry = false;
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });

  function addTo(streams: Set<string>, stream: string): void {
    if (fresh.size + retried.size >= capacity) return;
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
    addRetry: (stream) => addTo(retried, stream),
    async next(limits) {
      while (fresh.size + retried.size === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal.aborted) return { streams: [], isRetry: false };
      isRetry = retried.size > 0 && (fresh.size === 0 || !isRetry);
      const streams = isRetry ? takeFrom(retried, limits.retried) : takeFrom(fresh, limits.fresh);
      return { streams, isRetry };
    },
    hasRetries: () => retried.size > 0,
  };
}
