import { DAY_MS, type Registry } from '@latchkey/process';
import { Gauge } from 'prom-client';
import { type ErasureReceiptStore, findUnconfirmedConsumers } from '../ports/erasure-receipts.ts';
import type { ScheduledErasureStore } from '../ports/erasures.ts';

/** The maximum number of erasures that one scrape of the metrics reads. */
const COUNTED_AT_MOST = 10_000;

/**
 * Registers gauges about erasures. The gauges read the store at each scrape, and are NaN while the store is
 * unavailable.
 */
export function createErasureMetrics({
  registry,
  erasures,
  erasureReceipts,
  expected,
  receiptDays,
  now,
}: {
  readonly registry: Registry;
  readonly erasures: Pick<ScheduledErasureStore, 'due'>;
  readonly erasureReceipts: Pick<ErasureReceiptStore, 'list'>;
  /**
   * The consumers that must confirm new erasures. Former consumers are not counted, even if older erasures
   * still wait for them.
   */
  readonly expected: readonly string[];
  /** How long consumers have to confirm an erasure, in days: ERASURE_RECEIPT_DAYS. */
  readonly receiptDays: number;
  now(): Date;
}): void {
  new Gauge({
    name: 'latchkey_erasures_overdue',
    help: 'Erasures that a consumer has not confirmed within ERASURE_RECEIPT_DAYS; counts the latest 10000.',
    labelNames: ['consumer'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const consumer of expected) this.set({ consumer }, 0);
      const until = new Date(now().getTime() - receiptDays * DAY_MS).toISOString();
      try {
        const late = await erasureReceipts.list({ limit: COUNTED_AT_MOST, waiting: true, until });
        for (const consumer of late.flatMap(findUnconfirmedConsumers))
          if (expected.includes(consumer)) this.inc({ consumer });
      } catch {
        for (const consumer of expected) this.set({ consumer }, Number.NaN);
      }
    },
  });
  new Gauge({
    name: 'latchkey_erasures_unfinished',
    help: 'Erasures that are due and that auth has not finished; counts the earliest 10000.',
    registers: [registry],
    async collect() {
      const due = await erasures.due({ until: now(), limit: COUNTED_AT_MOST }).catch(() => undefined);
      this.set(due?.length ?? Number.NaN);
    },
  });
}
