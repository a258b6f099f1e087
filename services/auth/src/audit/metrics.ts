/** Metrics of security events. The metrics contain no personal data. */
import type { SecurityEventType } from '@latchkey/events';
import type { Registry } from '@latchkey/process';
import { Counter, Gauge } from 'prom-client';
import type { AuditLog } from '../ports/audit-log.ts';

/**
 * Why a security event was dropped. `queue`: the store is too slow. `outbox`: Kafka is unavailable.
 * `invalid`: the event is invalid because of a bug.
 */
export type AuditDropReason = 'queue' | 'outbox' | 'invalid';

export interface AuditMetrics {
  recorded(type: SecurityEventType): void;
  dropped(reason: AuditDropReason, events: number): void;
}

/**
 * The highest backlog of security events that is counted. If the backlog is larger, the metric reports this
 * number, because counting it would be slow.
 */
const MAX_COUNTED = 10_000;

export function createAuditMetrics(deps: {
  readonly registry: Registry;
  readonly auditLog: Pick<AuditLog, 'backlog'>;
}): AuditMetrics {
  const registers = [deps.registry];
  const recorded = new Counter({
    name: 'latchkey_auth_audit_events_total',
    help: 'Security events that were written to the outbox.',
    labelNames: ['type'],
    registers,
  });
  const dropped = new Counter({
    name: 'latchkey_auth_audit_dropped_total',
    help: 'Security events that are lost: the queue in memory or the outbox was full, or the event was invalid (a bug).',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['queue', 'outbox', 'invalid'] as const) dropped.inc({ reason }, 0);
  new Gauge({
    name: 'latchkey_auth_audit_backlog',
    help: `Security events that are not published yet, at most ${MAX_COUNTED}; NaN while the store is unavailable.`,
    registers,
    async collect() {
      this.set(await deps.auditLog.backlog(MAX_COUNTED).catch(() => Number.NaN));
    },
  });
  return {
    recorded: (type) => recorded.inc({ type }),
    dropped: (reason, events) => dropped.inc({ reason }, events),
  };
}
