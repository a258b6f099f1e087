/**
 * For how long admitted callers may keep the event loop busy in one turn before the next caller has to wait
 * for the next turn, in ms.
 */
const MAX_BUSY_MS = 5;

/**
 * Creates a gate for work that is done in many small steps by several loops at the same time. The returned
 * function is called before each step, and its promise resolves when the step may begin; promises resolve in
 * the order of the calls. Once the admitted callers have used a turn of the event loop for 5 ms, the next
 * callers are admitted in the next turn, so that requests are answered in between. Without the gate, all
 * loops would do their next step in the same turn.
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
    // The event loop runs this callback before every callback that is scheduled later.
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
