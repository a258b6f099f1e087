/**
 * Runs `work`, and counts the turns of the event loop that begin before it ends. With this count, a test
 * shows that `work` lets other work run in between. `work` must not wait for I/O.
 */
export async function countEventLoopTurns<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly turns: number }> {
  let turns = 0;
  let counter = setImmediate(function count() {
    turns += 1;
    counter = setImmediate(count);
  });
  try {
    const result = await work();
    return { result, turns };
  } finally {
    clearImmediate(counter);
  }
}
