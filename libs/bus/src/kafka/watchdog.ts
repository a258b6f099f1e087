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

/**
 * Tells a consumer that stands still from brokers that are away: only the first is worth a new process. What
 * counts is the silence while the brokers answered all along: after an outage a consumer may take its time to
 * join its group again.
 */
export function createWatchdog(deps: WatchdogDeps): Watchdog {
  const { lastAnswer, stuckAfterMs, everyMs, now } = deps;
  let looking = false;
  /** The first probe that was answered, of those since the consumer fell silent. */
  let answeredSince: number | undefined;

  function isSilent() {
    return now() - lastAnswer() >= everyMs;
  }
  function silenceOf(since: number) {
    return now() - Math.max(lastAnswer(), since);
  }

  async function look(): Promise<void> {
    if (looking) return;
    if (!isSilent()) {
      answeredSince = undefined;
      return;
    }
    looking = true;
    const asked = now();
    const answers = await deps.probe().then(
      () => true,
      () => false,
    );
    looking = false;
    answeredSince = answers ? (answeredSince ?? asked) : undefined;
    if (answeredSince === undefined || silenceOf(answeredSince) < stuckAfterMs) return;
    clearInterval(timer);
    const seconds = Math.round(silenceOf(answeredSince) / 1000);
    deps.onStuck(
      new Error(
        `The consumer of group ${deps.group} is stuck: no fetch for ${seconds} s, though the brokers answer.`,
      ),
    );
  }

  const timer = setInterval(() => void look(), everyMs);
  return { close: () => clearInterval(timer) };
}
