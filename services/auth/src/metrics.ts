/** Metrics of auth, except those of the relay and of HTTP. The metrics contain no personal data. */
import type { Registry } from '@latchkey/process';
import { Counter, Gauge } from 'prom-client';
import type { HashingLoad } from './passwords/hashing/fair-limit.ts';
import type { MailRequestQueue } from './ports/requests.ts';

/**
 * Called after every operation with its name and outcome: `ok`, the code of a problem, or `failed` for a bug.
 */
export type OperationCounter = (operation: string, outcome: string) => void;

/**
 * Registers auth's metrics.
 * @returns a function that counts the outcomes of operations
 */
export function createAuthMetrics(deps: {
  readonly registry: Registry;
  readonly passwords: { load(): HashingLoad };
  readonly requests: Pick<MailRequestQueue, 'count'>;
}): OperationCounter {
  const registers = [deps.registry];
  new Gauge({
    name: 'latchkey_auth_passwords',
    help: 'Passwords that are being hashed (running) or queued (waiting). If the queue is full or slow, requests get 503.',
    labelNames: ['state'],
    registers,
    collect() {
      const { running, waiting } = deps.passwords.load();
      this.set({ state: 'running' }, running);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  new Gauge({
    name: 'latchkey_auth_written_requests',
    help: 'Recorded requests by address that have not been processed yet; NaN while the store is unavailable.',
    registers,
    async collect() {
      this.set(await deps.requests.count().catch(() => Number.NaN));
    },
  });
  const operations = new Counter({
    name: 'latchkey_auth_operations_total',
    help: 'Operations by outcome: ok, the code of a problem, or failed (a bug).',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  return (operation, outcome) => operations.inc({ operation, outcome });
}
