/** The metrics of the notifier. They contain no personal data. */
import type { EventKeySource } from '@latchkey/consumer';
import type { Registry } from '@latchkey/process';
import { Counter, Gauge, Histogram } from 'prom-client';
import { allMailDefinitions } from '../mails/index.ts';
import type { DeliveryAttemptResult } from './delivery/attempt.ts';
import { smtpStages } from './delivery/reply.ts';
import type { DeliveryCounts, DeliveryStore } from './ports/deliveries.ts';
import { mailReportSources } from './ports/reports.ts';

/** For each result of an attempt to send a mail: whether the metrics count it as an SMTP failure. */
const RESULTS: Readonly<Record<DeliveryAttemptResult['kind'], boolean>> = {
  accepted: false,
  refused: true,
  undecided: true,
  rejected: true,
  deferred: true,
  busy: true,
  unreachable: true,
  unwelcome: true,
  withdrawn: false,
  'unknown-key': false,
  broken: false,
  mismatch: false,
  'broken-mail': false,
  'too-late': false,
  suppressed: false,
};

const reportResults = [
  'bounced',
  'complained',
  'nothing',
  'unknown',
  'repeated',
  'early',
  'unchecked',
  'forged',
] as const;

/** The results of handling a report about a mail. */
export type MailReportResult = (typeof reportResults)[number];

export interface NotifierMetrics {
  readonly tries: Counter<'mail' | 'result'>;
  readonly failures: Counter<'stage' | 'class'>;
  readonly delay: Histogram;
  readonly reports: Counter<'source' | 'outcome'>;
  readonly erased: Counter;
  readonly skipped: Counter;
  readonly setAside: Counter;
  readonly forged: Counter;
}

/** Registers a gauge that is 1 while events wait because a key that signed them cannot be fetched or is unknown. */
export function registerEventKeyMetric(
  registry: Registry,
  keys: Pick<EventKeySource, 'unavailableReason'>,
): void {
  new Gauge({
    name: 'latchkey_notifier_event_keys_missing',
    help: '1 while events wait for a key that verifies their signature.',
    registers: [registry],
    collect() {
      this.set(Number(keys.unavailableReason() !== undefined));
    },
  });
}

/**
 * The maximum number of deliveries that are counted per state, so that reading the metrics never takes long.
 */
const MAX_COUNTED = 100_000;
/**
 * How long the counts of deliveries are reused, in ms, because several monitoring systems may read the
 * metrics.
 */
const CENSUS_MS = 15_000;

type CountedStore = Pick<DeliveryStore, 'census' | 'oldestOpen'>;

/**
 * Registers gauges whose values are read from the store each time the metrics are read. While the store is
 * unavailable, the gauge of the oldest delivery is NaN, and the gauge of deliveries by state has no values.
 */
function observeStore(registry: Registry, deliveries: CountedStore, now: () => Date): void {
  let known: { readonly at: number; readonly census: Promise<DeliveryCounts> } | undefined;
  function recentCensus(): Promise<DeliveryCounts> {
    const at = now().getTime();
    if (known === undefined || Math.abs(at - known.at) >= CENSUS_MS)
      known = { at, census: deliveries.census(MAX_COUNTED) };
    return known.census;
  }
  /**
   * Set while the event of the oldest open delivery has a time in the future, because the clock of another
   * process or of this process is wrong. `event` is the time of the event; `seen` is when this process first
   * noticed the problem.
   */
  let ahead: { readonly event: number; readonly seen: number } | undefined;
  async function age(): Promise<number> {
    const event = (await deliveries.oldestOpen())?.getTime();
    const at = now().getTime();
    if (event === undefined || event <= at) {
      ahead = undefined;
      return event === undefined ? 0 : (at - event) / 1000;
    }
    if (ahead?.event !== event || ahead.seen > at) ahead = { event, seen: at };
    return (at - ahead.seen) / 1000;
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
    help: 'Deliveries by state; 100000 if there are more.',
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

export function createNotifierMetrics(
  registry: Registry,
  deliveries: CountedStore,
  now: () => Date,
): NotifierMetrics {
  observeStore(registry, deliveries, now);
  const registers = [registry];
  const metrics: NotifierMetrics = {
    tries: new Counter({
      name: 'latchkey_notifier_tries_total',
      help: 'Attempts to send a mail, by result. Accepted attempts are the mails sent.',
      labelNames: ['mail', 'result'],
      registers,
    }),
    failures: new Counter({
      name: 'latchkey_notifier_smtp_failures_total',
      help: 'Attempts that failed at the mail server, by the stage at which they failed and by result.',
      labelNames: ['stage', 'class'],
      registers,
    }),
    delay: new Histogram({
      name: 'latchkey_notifier_delay_seconds',
      help: 'Time from an event to the acceptance of its mail.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600],
      registers,
    }),
    reports: new Counter({
      name: 'latchkey_notifier_reports_total',
      help: 'Reports about mails that were sent, by source and outcome.',
      labelNames: ['source', 'outcome'],
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
    forged: new Counter({
      name: 'latchkey_notifier_forged_records_total',
      help: 'Records that auth has not published.',
      registers,
    }),
  };
  initializeSeries(metrics);
  return metrics;
}

/**
 * Sets every series of the metrics to 0. Otherwise a series would first appear with the value 1, and
 * Prometheus would not count that as an increase.
 */
function initializeSeries({ tries, failures, reports }: NotifierMetrics): void {
  for (const [result, hasStage] of Object.entries(RESULTS)) {
    for (const { name: mail } of allMailDefinitions) tries.inc({ mail, result }, 0);
    if (hasStage) for (const stage of smtpStages) failures.inc({ stage, class: result }, 0);
  }
  for (const source of mailReportSources)
    for (const outcome of reportResults) reports.inc({ source, outcome }, 0);
}
