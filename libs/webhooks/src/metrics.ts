/** The metrics of webhooks. Labels contain no account ids and no URLs. */
import type { Registry } from '@latchkey/process';
import { Counter, Gauge } from 'prom-client';
import type { WebhookEndpoint } from './endpoint.ts';

export interface WebhookMetrics {
  attempts(counts: { readonly delivered: number; readonly failed: number }): void;
  /**
   * Reports how far an endpoint is behind.
   * @param records how many records the endpoint has not read yet; undefined if the number is unknown
   */
  behind(endpoint: string, records: number | undefined): void;
}

export function createWebhookMetrics(
  registry: Registry,
  list: () => Promise<readonly WebhookEndpoint[]>,
  countUnreadable: (endpoints: readonly WebhookEndpoint[]) => Promise<number>,
): WebhookMetrics {
  const registers = [registry];
  const attempts = new Counter({
    name: 'latchkey_webhooks_attempts_total',
    help: 'Requests to endpoints of webhooks, by outcome: delivered or failed',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['delivered', 'failed']) attempts.inc({ outcome }, 0);
  const behind = new Gauge({
    name: 'latchkey_webhooks_behind_records',
    help: 'Records that an endpoint has not read yet, at the process that sends to it',
    labelNames: ['endpoint'],
    registers,
  });
  function gauge(
    name: string,
    help: string,
    read: (endpoints: readonly WebhookEndpoint[]) => number | Promise<number>,
  ) {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        // If the store is down, report NaN, because an error would make the whole metrics page fail.
        this.set(await list().then(read, () => Number.NaN));
      },
    });
  }
  gauge(
    'latchkey_webhooks_paused_endpoints',
    'Endpoints that were paused because they failed for too long, or responded 410 Gone',
    (endpoints) => endpoints.filter(isPausedBecauseOfFailures).length,
  );
  gauge(
    'latchkey_webhooks_failing_endpoints',
    'Endpoints whose last attempts have all failed, paused ones left out',
    (endpoints) =>
      endpoints.filter(({ paused, delivery }) => paused === undefined && delivery.failing !== undefined)
        .length,
  );
  gauge(
    'latchkey_webhooks_waiting_accounts',
    'Accounts with an event that could not be delivered yet, over all endpoints',
    (endpoints) => endpoints.reduce((sum, { delivery }) => sum + delivery.waiting.length, 0),
  );
  gauge(
    'latchkey_webhooks_unreadable_secrets',
    'Secrets of endpoints that WEBHOOK_SECRET_KEY of this process does not open',
    countUnreadable,
  );
  return {
    attempts({ delivered, failed }) {
      attempts.inc({ outcome: 'delivered' }, delivered);
      attempts.inc({ outcome: 'failed' }, failed);
    },
    behind(endpoint, records) {
      if (records === undefined) behind.remove({ endpoint });
      else behind.set({ endpoint }, records);
    },
  };
}

export function isPausedBecauseOfFailures({ paused }: WebhookEndpoint): boolean {
  return paused?.by === 'failures';
}
