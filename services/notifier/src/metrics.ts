/** What operators can see of the notifier. Nothing here names anybody. */
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

/** For so long, in ms, a census is good enough: it looks at every delivery, and several may scrape. */
const CENSUS_MS = 15_000;

type CountedStore = Pick<Deliveries, 'census' | 'oldestOpen'>;

/** Gauges are read from the store when they are asked for. While it is away the age is NaN, and no state has a number. */
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
    help: 'Time since the event of the oldest mail that is still owed; 0 where none is.',
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
      help: 'Tries to send a mail, by how they ended; accepted ones are the mails sent.',
      labelNames: ['mail', 'result'],
      registers,
    }),
    delay: new Histogram({
      name: 'latchkey_notifier_delay_seconds',
      help: 'From an event to the acceptance of its mail.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600],
      registers,
    }),
    erased: new Counter({
      name: 'latchkey_notifier_erased_total',
      help: 'Events that owed a mail to a person who has been erased.',
      registers,
    }),
    skipped: new Counter({
      name: 'latchkey_notifier_skipped_total',
      help: 'Events of a type that this build does not know.',
      registers,
    }),
    setAside: new Counter({
      name: 'latchkey_notifier_set_aside_total',
      help: 'Records that could not be used.',
      registers,
    }),
  };
}
