/** The metrics of the projection. Labels contain no account ids. */
import type { EventKeySource } from '@latchkey/consumer';
import type { Registry } from '@latchkey/process';
import { Counter, Gauge, Histogram } from 'prom-client';

export interface ProjectionMetrics {
  /**
   * Counts a record that was read from the log.
   * @param type the type of the event, `unknown`, or `undecodable`
   * @param effect what the projection did with the record
   */
  event(type: string, effect: string): void;
  /** Records the delay from an event's time until its effect could be queried, in seconds. */
  visible(seconds: number): void;
  setAside(): void;
  /** Counts a forged record, that is, one that auth has not published. */
  forged(): void;
}

export function createProjectionMetrics(deps: {
  readonly registry: Registry;
  lag(): Promise<number>;
  parked(): Promise<number>;
  forked(): Promise<number>;
  /** Returns the number of the active generation. */
  generation(): number;
}): ProjectionMetrics {
  const registers = [deps.registry];
  const events = new Counter({
    name: 'latchkey_user_events_total',
    help: 'Events that reached the projection, by type and outcome',
    labelNames: ['type', 'effect'],
    registers,
  });
  const delay = new Histogram({
    name: 'latchkey_user_projection_delay_seconds',
    help: 'Time from an event until it could be read',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers,
  });
  const setAside = new Counter({
    name: 'latchkey_user_records_set_aside_total',
    help: 'Records without a usable key, which were written to the dead-letter queue',
    registers,
  });
  const forged = new Counter({
    name: 'latchkey_user_forged_records_total',
    help: 'Records that auth has not published',
    registers,
  });
  gauge(registers, 'latchkey_user_lag_records', 'Records that the projection has not read yet', deps.lag);
  gauge(registers, 'latchkey_user_parked_accounts', 'Accounts that are parked', deps.parked);
  gauge(
    registers,
    'latchkey_user_forked_accounts',
    'Accounts that are parked because their history has forked',
    deps.forked,
  );
  gauge(registers, 'latchkey_user_generation', 'The active generation of profiles', async () =>
    deps.generation(),
  );

  return {
    event: (type, effect) => events.inc({ type, effect }),
    visible: (seconds) => delay.observe(Math.max(0, seconds)),
    setAside: () => setAside.inc(),
    forged: () => forged.inc(),
  };
}

/**
 * Wraps metrics so that events count only while their generation is active. A new generation reads all old
 * events again, which would otherwise count twice and appear to be late. Dead letters and forged records
 * always count.
 */
export function createMetricsOfActiveGeneration(
  answers: () => boolean,
  metrics: ProjectionMetrics,
): ProjectionMetrics {
  return {
    event(type, effect) {
      if (answers()) metrics.event(type, effect);
    },
    visible(seconds) {
      if (answers()) metrics.visible(seconds);
    },
    setAside: metrics.setAside,
    forged: metrics.forged,
  };
}

/** Registers a gauge that is 1 while events wait because a key that signed them cannot be fetched or is unknown. */
export function registerEventKeyMetric(
  registry: Registry,
  keys: Pick<EventKeySource, 'unavailableReason'>,
): void {
  gauge(
    [registry],
    'latchkey_user_event_keys_missing',
    '1 while events wait for a key that verifies their signature',
    async () => Number(keys.unavailableReason() !== undefined),
  );
}

/**
 * Registers a gauge. While the store is down, the value of the gauge is NaN: an error would make the whole metrics page
 * fail.
 */
function gauge(registers: Registry[], name: string, help: string, read: () => Promise<number>): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      this.set(await read().catch(() => Number.NaN));
    },
  });
}
