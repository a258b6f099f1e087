/**
 * Compares the clock of this process with other clocks, and reports the difference. While the difference is
 * too large, the clock is not trusted, and the service is `degraded`.
 */
import type { ClockGuard, DependencyHealth, Logger, Registry } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import { Gauge } from 'prom-client';

/**
 * The maximum difference between two clocks that is not reported as a fault, in ms. See docs/operating.md.
 */
const MAX_SKEW_MS = 30_000;
const EVERY_MS = 30_000;
/**
 * How long the metric shows a measured difference between two clocks if no newer measurement succeeds, in ms.
 */
const LASTS_MS = 5 * 60_000;
/**
 * If another server's response with its time takes longer than this, in ms, the response is ignored, because
 * the time is not precise enough.
 */
const ANSWERS_WITHIN_MS = 5_000;

export interface ClockWatchDeps {
  /** The name of the store, for the metric. */
  readonly storeName: string;
  /** Reads the clock of the store's server; undefined if the store has no separate clock. */
  readonly readStoreClock: (() => Promise<Date>) | undefined;
  readonly guard: ClockGuard;
  readonly logger: Logger;
  readonly registry: Registry;
  now?(): number;
  monotonic?(): number;
}

export interface ClockWatch {
  /** Compares the clocks once. The watch also calls this itself, twice a minute. */
  compare(): Promise<void>;
  /**
   * Compares the clock of this process with the time in a record, which another process has set. As the
   * record may be old, the comparison can only show that the clock of this process is behind.
   */
  observe(time: Date): void;
  health(): DependencyHealth;
  close(): void;
}

interface Measurement {
  /** The time of this process's clock minus the time of the other clock, in ms. */
  readonly skewMs: number;
  readonly at: number;
}

export function createClockWatch(deps: ClockWatchDeps): ClockWatch {
  const { storeName, readStoreClock, guard, logger, registry } = deps;
  const { now = Date.now, monotonic = () => performance.now() } = deps;
  const measured = new Map<string, Measurement>();
  let isReported = false;

  function current(): readonly (readonly [against: string, skewMs: number])[] {
    return [...measured]
      .filter(([, { at }]) => monotonic() - at < LASTS_MS)
      .map(([against, { skewMs }]) => [against, skewMs]);
  }

  const gauge = new Gauge({
    name: 'latchkey_clock_skew_seconds',
    help: 'How far the clock of this process is ahead of another clock; against records only if it is behind.',
    labelNames: ['against'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [against, skewMs] of current()) this.set({ against }, skewMs / 1000);
    },
  });

  async function measure(read: () => Promise<Date>): Promise<void> {
    const [before, began] = [now(), monotonic()];
    const theirs = await read();
    const took = monotonic() - began;
    if (took > ANSWERS_WITHIN_MS) return;
    const skewMs = before + took / 2 - theirs.getTime();
    measured.set(storeName, { skewMs, at: monotonic() });
    if (Math.abs(skewMs) <= MAX_SKEW_MS) guard.confirm();
    else guard.contradict(describeSkew(storeName, skewMs));
  }

  function health(): DependencyHealth {
    // Do not report a difference from the store's clock here. `guard.doubt` already reports it, until a
    // measurement shows that the clock of this process agrees with the store's.
    const faults = current()
      .filter(([against, skewMs]) => against !== storeName && Math.abs(skewMs) > MAX_SKEW_MS)
      .map(([against, skewMs]) => describeSkew(against, skewMs));
    const doubt = guard.doubt();
    if (doubt !== undefined) faults.unshift(doubt);
    const clock = { name: 'clock', needed: false } as const;
    return faults.length === 0
      ? { ...clock, state: 'ok' }
      : { ...clock, state: 'degraded', detail: faults.join(' ') };
  }

  function report(): void {
    const { state, detail } = health();
    if (state === 'ok') isReported = false;
    else if (!isReported) {
      isReported = true;
      logger.error({ clock: detail }, 'the clock of this process is wrong');
    }
  }

  async function compare(): Promise<void> {
    try {
      if (readStoreClock !== undefined) await measure(readStoreClock);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) logger.error({ err: error }, 'clocks cannot be compared');
    }
    report();
  }

  const timer = setInterval(() => void compare(), EVERY_MS).unref();
  return {
    compare,
    observe(time) {
      const skewMs = Math.min(0, now() - time.getTime());
      const known = measured.get('records');
      const isWorse = known === undefined || skewMs <= known.skewMs || monotonic() - known.at >= EVERY_MS;
      if (isWorse) measured.set('records', { skewMs, at: monotonic() });
    },
    health,
    close() {
      clearInterval(timer);
      registry.removeSingleMetric('latchkey_clock_skew_seconds');
      gauge.reset();
    },
  };
}

function describeSkew(against: string, skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} ${against}.`;
}
