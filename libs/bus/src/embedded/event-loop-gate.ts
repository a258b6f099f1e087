/**
 * For how long admitted callers may keep the event loop busy in one turn before the next caller has to wait
 * for the next turn, in ms.
 */
const MAX_BUSY_MS = 5;

/**
 * Creates a gate for loops that do long work in many small steps. The gate limits how much of this work is
 * done in one turn of the event loop, so that the process can answer requests between the turns. Each loop
 * must call the returned function before each step, and wait until the returned promise resolves. The
 * promises resolve in the order of the calls. Once the steps of a turn have taken 5 ms, the next caller is
 * admitted in the next turn.
 * @param now returns the time in ms on a monotonic clock
 */
export function createEventLoopGate(now: () => number = performance.now.bind(performance)) {
  /**
   * The time at which the gate admitted the first caller in the current turn of the event loop; undefined if
   * no caller was admitted in this turn.
   */
  let busySince: number | undefined;
  /** Functions that admit the waiting callers, in the order of their calls. */
  const waiting: (() => void)[] = [];

  function beginTurn(): void {
    busySince = now();
    // This callback runs before the callbacks of callers that have to wait for the next turn, because it is
    // scheduled first.
    setImmediate(() => {
      busySince = undefined;
    });
  }

  function admitOldest(): void {
    if (busySince === undefined) beginTurn();
    else if (now() - busySince >= MAX_BUSY_MS) return void setImmediate(admitOldest);
    waiting.shift()?.();
  }

  return (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      setImmediate(admitOldest);
    });
}
