/**
 * Does work, and counts the turns of the event loop that begin meanwhile. A test shows with this count that other work
 * can run in between; the work must not wait for I/O.
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
