/** What operators watch of auth, besides the relay's outbox and the HTTP durations. Names nobody. */
import type { Registry } from '@latchkey/process';
import { Counter, Gauge } from 'prom-client';
import type { Load } from './credentials/concurrency-limit.ts';
import type { Count } from './http/operation.ts';
import type { Requests } from './ports/requests.ts';

/** @returns counts what was asked and what came of it */
export function createAuthMetrics(deps: {
  readonly registry: Registry;
  readonly passwords: { load(): Load };
  readonly requests: Pick<Requests, 'count'>;
}): Count {
  const registers = [deps.registry];
  new Gauge({
    name: 'latchkey_auth_passwords',
    help: 'Passwords being hashed (running) and waiting for it (waiting); too many, or too long, are answered 503.',
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
    help: 'Requests by address that are written down and not carried out yet; NaN while they cannot be asked for.',
    registers,
    async collect() {
      this.set(await deps.requests.count().catch(() => Number.NaN));
    },
  });
  const operations = new Counter({
    name: 'latchkey_auth_operations_total',
    help: 'What was asked of auth, by outcome: ok, the code of a problem, or failed (a fault of ours).',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  return (operation, outcome) => operations.inc({ operation, outcome });
}
