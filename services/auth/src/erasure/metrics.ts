import { DAY_MS, type Registry } from '@latchkey/process';
import { Gauge } from 'prom-client';
import { type ErasureReceipts, unconfirmedConsumers } from '../ports/erasure-receipts.ts';

/** The maximum number of erasures to read for one scrape. */
const COUNTED_AT_MOST = 10_000;

/** Registers a gauge that reads the store when it is scraped. The gauge is NaN while the store cannot be reached. */
export function createErasureMetrics({
  registry,
  erasureReceipts,
  expected,
  receiptDays,
  now,
}: {
  readonly registry: Registry;
  readonly erasureReceipts: Pick<ErasureReceipts, 'list'>;
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
        for (const consumer of late.flatMap(unconfirmedConsumers)) this.inc({ consumer });
      } catch {
        for (const consumer of expected) this.set({ consumer }, Number.NaN);
      }
    },
  });
}
