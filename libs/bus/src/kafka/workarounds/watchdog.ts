import { createProcessSuspensionDetector } from './suspension.ts';

export interface ConsumerWatchdogDeps {
  /**
   * Returns the time at which the broker last responded to a fetch or heartbeat, in ms on the clock of `now`.
   */
  lastResponse(): number;
  /**
   * Checks whether the Kafka cluster responds on a separate connection. Resolves if it responds, otherwise
   * rejects.
   */
  probe(): Promise<void>;
  /** Called at most once, when the consumer hangs although the brokers respond. */
  onStuck(reason: Error): void;
  readonly group: string;
  readonly stuckAfterMs: number;
  readonly everyMs: number;
  now(): number;
}

export interface ConsumerWatchdog {
  close(): void;
}

/**
 * Detects a consumer that hangs although the brokers respond to other clients. It does not report outages of
 * the brokers and suspensions of the process. After an outage, a consumer may need some time to rejoin. The
 * watchdog therefore counts the time without a response only while all of its probes succeed.
 */
export function createConsumerWatchdog(deps: ConsumerWatchdogDeps): ConsumerWatchdog {
  const { lastResponse, stuckAfterMs, everyMs, now } = deps;
  let checking = false;
  /** The time at which the first probe succeeded after the consumer had stopped receiving responses. */
  let answeredSince: number | undefined;
  const wasSuspended = createProcessSuspensionDetector(everyMs, now);

  function isSilent() {
    return now() - lastResponse() >= everyMs;
  }
  function silenceOf(since: number) {
    return now() - Math.max(lastResponse(), since);
  }

  async function check(): Promise<void> {
    if (wasSuspended()) answeredSince = undefined;
    if (checking) return;
    if (!isSilent()) {
      answeredSince = undefined;
      return;
    }
    checking = true;
    const responds = await deps.probe().then(
      () => true,
      () => false,
    );
    checking = false;
    if (wasSuspended()) answeredSince = undefined;
    answeredSince = responds ? (answeredSince ?? now()) : undefined;
    if (answeredSince === undefined || silenceOf(answeredSince) < stuckAfterMs) return;
    clearInterval(timer);
    const seconds = Math.round(silenceOf(answeredSince) / 1000);
    deps.onStuck(
      new Error(
        `The consumer of group ${deps.group} is stuck: no fetch for ${seconds} s, although the brokers respond.`,
      ),
    );
  }

  const timer = setInterval(() => void check(), everyMs);
  return { close: () => clearInterval(timer) };
}
