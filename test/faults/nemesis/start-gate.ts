/**
 * Prevents processes from starting while a topic temporarily has different settings, because a process checks
 * the settings of topics when it starts.
 */
export interface StartGate {
  /**
   * Waits until the gate is open, and records that a process begins to start.
   * @returns a function to call when the start has ended; idempotent
   */
  beginStart(): Promise<() => void>;
  /**
   * Closes the gate, waits until no process is starting any more, and runs `work`. Then opens the gate again.
   * @returns the result of `work`
   * @throws Error if starts have not ended after `withinMs`, without running `work`; errors of `work`
   */
  whileClosed<T>(work: () => Promise<T>, withinMs: number): Promise<T>;
}

export function createStartGate(): StartGate {
  const starts = new Set<Promise<void>>();
  /** A promise that resolves when the gate opens; undefined while the gate is open. */
  let closed: Promise<void> | undefined;

  async function untilAllEnded(withinMs: number): Promise<void> {
    const timedOut = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => timedOut.reject(new Error(`${starts.size} processes are still starting`)),
      withinMs,
    );
    try {
      await Promise.race([Promise.all(starts), timedOut.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async beginStart() {
      while (closed) await closed;
      const { promise, resolve } = Promise.withResolvers<void>();
      starts.add(promise);
      return () => {
        starts.delete(promise);
        resolve();
      };
    },
    async whileClosed(work, withinMs) {
      while (closed) await closed;
      const opening = Promise.withResolvers<void>();
      closed = opening.promise;
      try {
        await untilAllEnded(withinMs);
        return await work();
      } finally {
        closed = undefined;
        opening.resolve();
      }
    },
  };
}
