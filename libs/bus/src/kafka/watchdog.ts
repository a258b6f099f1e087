export interface WatchdogDeps {
  /** When the broker last answered a fetch or a heartbeat, in ms on the clock of `now`. */
  lastAnswer(): number;
  /** Resolves if a connection of its own gets an answer from the cluster; else rejects. */
  probe(): Promise<void>;
  /** Called once. */
  onStuck(reason: Error): void;
  readonly group: string;
  readonly stuckAfterMs: number;
  readonly everyMs: number;
  now(): number;
}

export interface Watchdog {
  close(): void;
}

/** Tells a consumer that stands still from a broker that is away: only the first is worth a new process. */
export function createWatchdog(deps: WatchdogDeps): Watchdog {
  const { lastAnswer, stuckAfterMs, everyMs, now } = deps;
  let looking = false;
  const silence = () => now() - lastAnswer();

  async function look(): Promise<void> {
    if (looking || silence() < stuckAfterMs) return;
    looking = true;
    const brokerAnswers = await deps.probe().then(
      () => true,
      () => false,
    );
    looking = false;
    if (!brokerAnswers || silence() < stuckAfterMs) return;
    clearInterval(timer);
    deps.onStuck(
      new Error(
        `The consumer of group ${deps.group} is stuck: no fetch for ${Math.round(silence() / 1000)} s, though the brokers answer.`,
      ),
    );
  }

  const timer = setInterval(() => void look(), everyMs);
  return { close: () => clearInterval(timer) };
}
