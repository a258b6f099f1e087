/** Runs `work` `count` times, with at most `concurrency` runs at the same time. */
export async function repeatConcurrently(
  count: number,
  concurrency: number,
  work: (index: number, lane: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  async function lane(number: number): Promise<void> {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index, number);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, number) => lane(number)));
}

/**
 * Runs `work` once.
 * @returns its wall time in ms
 */
export async function measureMs(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
