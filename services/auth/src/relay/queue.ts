/** The streams that are waiting to be published, in first-in, first-out order and without duplicates. */
export interface PublishQueue {
  /**
   * Adds a stream to the queue of new streams. If the queue is full, the stream is dropped, and the sweep
   * finds it in the outbox later.
   */
  add(stream: string): void;
  /**
   * Adds a stream that could not be published. Such streams wait in a separate queue, so that they do not
   * delay new streams.
   */
  addRetry(stream: string): void;
  /**
   * Removes and returns the next batch. Batches alternate between new streams and streams to retry. A batch
   * never contains a stream of an earlier batch until `release` is called for that stream, even if the stream
   * was added again. Waits until a batch can be returned. Returns an empty batch only after the queue was
   * closed.
   */
  next(limits: { readonly fresh: number; readonly retried: number }): Promise<StreamBatch>;
  /** Allows streams that a batch contained to be part of a batch again. */
  release(streams: readonly string[]): void;
  /** Returns how many streams the next batches may contain. */
  size(): number;
  /** Returns how many further streams can be added. */
  capacity(): number;
  /** Returns whether any streams are waiting to be retried. */
  hasRetries(): boolean;
}

/** Streams to publish together. A batch contains either only new streams, or only streams to be retried. */
export interface StreamBatch {
  readonly streams: readonly string[];
  readonly isRetry: boolean;
}

/**
 * Creates a queue of streams for a single reader. Aborting `signal` closes the queue and discards its
 * content.
 * @param capacity the maximum number of streams
 */
export function createPublishQueue(capacity: number, signal: AbortSignal): PublishQueue {
  const fresh = new Set<string>();
  const retried = new Set<string>();
  const taken = new Set<string>();
  let isRetry = false;
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });

  function free(): number {
    return capacity - fresh.size - retried.size;
  }

  function addTo(streams: Set<string>, stream: string): void {
    if (free() <= 0) return;
    streams.add(stream);
    wake();
  }

  /** Returns the streams of a queue that are not part of an earlier batch. */
  function available(streams: Set<string>): Set<string> {
    return streams.difference(taken);
  }

  function takeFrom(streams: Set<string>, limit: number): readonly string[] {
    const next = available(streams).values().take(limit).toArray();
    for (const stream of next) {
      streams.delete(stream);
      taken.add(stream);
    }
    return next;
  }

  function size(): number {
    return available(fresh).size + available(retried).size;
  }

  return {
    add: (stream) => addTo(fresh, stream),
    addRetry: (stream) => addTo(retried, stream),
    async next(limits) {
      while (size() === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal.aborted) return { streams: [], isRetry: false };
      isRetry = available(retried).size > 0 && (available(fresh).size === 0 || !isRetry);
      const streams = isRetry ? takeFrom(retried, limits.retried) : takeFrom(fresh, limits.fresh);
      return { streams, isRetry };
    },
    release(streams) {
      for (const stream of streams) taken.delete(stream);
      wake();
    },
    size,
    capacity: free,
    hasRetries: () => retried.size > 0,
  };
}
