/** The metrics of the notifier. They contain no personal data. */
import type { Registry } from '@latchkey/process';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Census, Deliveries } from './ports/deliveries.ts';

export interface NotifierMetrics {
  readonly tries: Counter<'mail' | 'result'>;
  readonly delay: Histogram;
  readonly erased: Counter;
  readonly skipped: Counter;
  readonly setAside: Counter;
}

/** How long a census is cached, in ms: it scans every delivery, and there may be several scrapers. */
const CENSUS_MS = 15_000;

type CountedStore = Pick<Deliveries, 'census' | 'oldestOpen'>;

/** Gauges query the store at each scrape. While it is unavailable, the age is NaN and no state has a value. */
function observeStore(registry: Registry, deliveries: CountedStore, now: () => Date): void {
  let known: { readonly at: number; readonly census: Promise<Census> } | undefined;
  function recentCensus(): Promise<Census> {
    const at = now().getTime();
    if (known === undefined || Math.abs(at - known.at) >= CENSUS_MS)
      known = { at, census: deliveries.census() };
    return known.census;
  }
  async function age(): Promise<number> {
    const oldest = await deliveries.oldestOpen();
    return oldest === undefined ? 0 : Math.max(0, now().getTime() - oldest.getTime()) / 1000;
  }
  new Gauge({
    name: 'latchkey_notifier_oldest_pending_seconds',
    help: 'Age of the event of the oldest open delivery, in seconds; 0 if there is none.',
    registers: [registry],
    async collect() {
      this.set(await age().catch(() => Number.NaN));
    },
  });
  new Gauge({
    name: 'latchkey_notifier_deliveries',
    help: 'Deliveries by state.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      try {
        for (const [state, many] of Object.entries(await recentCensus())) this.set({ state }, many);
      } catch {
        known = undefined;
        this.reset();
      }
    },
  });
}

export function createMetrics(
  registry: Registry,
  deliveries: CountedStore,
  now: () => Date,
): NotifierMetrics {
  observeStore(registry, deliveries, now);
  const registers = [registry];
  return {
    tries: new Counter({
      name: 'latchkey_notifier_tries_total',
      help: 'Tries to send a mail, by result. Accepted ones are the mails sent.',
      labelNames: ['mail', 'result'],
      registers,
    }),
    delay: new Histogram({
      name: 'latchkey_notifier_delay_seconds',
      help: 'Time from an event to the acceptance of its mail.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600],
      registers,
    }),
    erased: new Counter({
      name: 'latchkey_notifier_erased_total',
      help: 'Events that requested a mail for a person who has been erased.',
      registers,
    }),
    skipped: new Counter({
      name: 'latchkey_notifier_skipped_total',
      help: 'Events of unknown types.',
      registers,
    }),
    setAside: new Counter({
      name: 'latchkey_notifier_set_aside_total',
      help: 'Unusable records.',
      registers,
    }),
  };
}
