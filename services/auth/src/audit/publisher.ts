/**
 * Publishes the outbox of security events, and deletes old events. A lease ensures that only one process does
 * this at a time.
 */
import type { Bus } from '@latchkey/bus';
import { SECURITY_TOPIC } from '@latchkey/events';
import { type ClockGuard, DAY_MS, type Logger, type ProcessPart } from '@latchkey/process';
import { createIdleBackoff, type LoopWakeup } from '@latchkey/process/loop';
import type { Leases } from '@latchkey/store';
import { createRepeatedJob } from '../job.ts';
import type { AuditLog } from '../ports/audit-log.ts';

const LEASE = 'audit';
const LEASE_MS = 10_000;
const PUBLISHED_AT_ONCE = 500;
/**
 * The pause before the next search for security events that other processes recorded, in ms. It grows from
 * `least` to `most` while no events are found.
 */
const IDLE_MS = { least: 1000, most: 4000 };
const REMOVE_EVERY_MS = 10 * 60_000;
const REMOVED_AT_ONCE = 2000;

export interface AuditPublisherDeps {
  readonly auditLog: Pick<AuditLog, 'unpublished' | 'markPublished' | 'removeBefore'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly leases: Leases;
  /** The unique id of this process. */
  readonly instance: string;
  readonly retentionDays: number;
  readonly clock: Pick<ClockGuard, 'isTrusted'>;
  readonly logger: Logger;
  now(): Date;
  /** Ends the pause between searches early once this process has recorded security events. */
  readonly wakeup: LoopWakeup;
}

/** Creates the job that publishes the outbox of security events and deletes old events. */
export function createAuditPublisher(deps: AuditPublisherDeps): ProcessPart {
  const { auditLog, bus, leases, instance, retentionDays, clock, logger, now, wakeup } = deps;
  let removeAt = 0;
  let renewAt = 0;

  /**
   * Takes the lease for publishing security events, and renews it each time a third of its duration has
   * passed. The lease is not renewed more often, because each renewal is a write.
   */
  async function holdLease(): Promise<boolean> {
    if (performance.now() < renewAt) return true;
    const isHeld = await leases.take({ name: LEASE, holder: instance, now: now(), ms: LEASE_MS });
    renewAt = isHeld ? performance.now() + LEASE_MS / 3 : 0;
    return isHeld;
  }

  async function publishSome(): Promise<boolean> {
    const entries = await auditLog.unpublished(PUBLISHED_AT_ONCE);
    if (entries.length === 0) return false;
    if (!(await holdLease())) return false;
    const records = entries.map(({ account, headers, value }) => ({
      key: account ?? null,
      headers,
      value: Buffer.from(value),
    }));
    await bus.publish(SECURITY_TOPIC, records);
    await auditLog.markPublished(entries);
    return entries.length === PUBLISHED_AT_ONCE;
  }

  /**
   * Deletes old security events. A lease is not needed, because it does no harm if several processes delete
   * the same events.
   */
  async function removeOld(): Promise<void> {
    if (performance.now() < removeAt || !clock.isTrusted()) return;
    removeAt = performance.now() + REMOVE_EVERY_MS;
    const instant = new Date(now().getTime() - retentionDays * DAY_MS);
    while ((await auditLog.removeBefore(instant, REMOVED_AT_ONCE)) === REMOVED_AT_ONCE);
  }

  return createRepeatedJob({
    name: 'audit-publisher',
    everyMs: createIdleBackoff(IDLE_MS),
    logger,
    wakeup,
    run: async () => {
      await removeOld();
      return publishSome();
    },
    onStop: async () => {
      if (renewAt > 0) await leases.release(LEASE, instance);
    },
  });
}
