import type { Registry } from '@latchkey/process';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Outbox } from '../ports/outbox.ts';

export interface RelayMetrics {
  readonly published: Counter<'topic'>;
  readonly publishSeconds: Histogram;
}

export interface RelayMetricsDeps {
  readonly registry: Registry;
  readonly outbox: Pick<Outbox, 'backlog'>;
  readonly now: () => Date;
  readonly blocked: () => number;
}

/**
 * Registers the relay's metrics. The gauges query the outbox when they are scraped, and are NaN if it is
 * unavailable.
 */
export function createRelayMetrics({ registry, outbox, now, blocked }: RelayMetricsDeps): RelayMetrics {
  const registers = [registry];
  function backlog() {
    return outbox.backlog().catch(() => undefined);
  }
  new Gauge({
    name: 'latchkey_relay_unpublished_commits',
    help: 'Commits that are not published yet; 10000 if there are more.',
    registers,
    async collect() {
      this.set((await backlog())?.commits ?? Number.NaN);
    },
  });
  new Gauge({
    name: 'latchkey_relay_oldest_unpublished_seconds',
    help: 'Age of the oldest commit that is not published yet, 0 if there is none.',
    registers,
    async collect() {
      const known = await backlog();
      this.set(known === undefined ? Number.NaN : computeOldestCommitAgeSeconds(known.oldest, now()));
    },
  });
  new Gauge({
    name: 'latchkey_relay_blocked_streams',
    help: 'Streams whose next commit cannot be published, because an event violates its contract.',
    registers,
    collect() {
      this.set(blocked());
    },
  });
  return {
    published: new Counter({
      name: 'latchkey_relay_published_events_total',
      help: 'Events published, repetitions included.',
      labelNames: ['topic'],
      registers,
    }),
    publishSeconds: new Histogram({
      name: 'latchkey_relay_publish_seconds',
      help: 'How long the bus took to acknowledge a publish.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
      registers,
    }),
  };
}

/**
 * Returns how long ago the oldest unpublished commit was appended, in seconds; 0 if there is no such commit.
 * If clocks differ and the commit has a time in the future, returns how far the time is ahead, so that an
 * alert on this value still fires.
 */
export function computeOldestCommitAgeSeconds(oldest: string | undefined, now: Date): number {
  return oldest === undefined ? 0 : Math.abs(now.getTime() - Date.parse(oldest)) / 1000;
}
