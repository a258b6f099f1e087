/**
 * Limits how long a claimed delivery belongs to the process that claimed it: until the lease expires. Sending
 * a mail takes as long as the mail server needs, so a live process keeps renewing the leases of its
 * deliveries. A process sends the content of a mail only while its lease is recent by two clocks: the
 * monotonic clock and the wall clock. A process that was paused for minutes therefore never sends a mail that
 * another process has claimed in the meantime. One clock is not enough: the monotonic clock stops while the
 * machine is suspended, and the wall clock can be set back.
 */
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore } from '../ports/deliveries.ts';

/**
 * The id and the start of the claim on a delivery. The start is measured with both clocks of this process.
 */
export interface DeliveryLease {
  /** The id of the claim. Each claim gets a new id. */
  readonly owner: string;
  /**
   * The wall-clock time just before the claim. The store starts the lease a moment later, so the lease never
   * ends earlier than this process assumes.
   */
  readonly at: Date;
  /** The time of the monotonic clock just before the claim, in ms. */
  readonly monotonic: number;
}

export function beginDeliveryLease(owner: string, clock: Clock): DeliveryLease {
  return { owner, at: clock.now(), monotonic: clock.monotonic() };
}

/** Returns the age of a lease, in ms: the larger of the ages that the two clocks show. */
function ageOf({ at, monotonic }: DeliveryLease, clock: Clock): number {
  return Math.max(clock.monotonic() - monotonic, clock.now().getTime() - at.getTime());
}

export interface DeliveryLeaseRenewerDeps {
  readonly deliveries: Pick<DeliveryStore, 'extend'>;
  readonly clock: Clock;
  /**
   * The duration of a lease, in ms. A claimed delivery belongs to the process that claimed it for this long,
   * unless the process renews the lease.
   */
  readonly leaseMs: number;
}

/** Renews the leases of the deliveries that this process is sending. */
export interface DeliveryLeaseRenewer {
  /** Registers the lease of a delivery for renewal, until `drop` is called. */
  keep(id: string, lease: DeliveryLease): void;
  drop(id: string): void;
  /**
   * Returns whether the content of the delivery's mail may still be sent: false once two thirds of the lease
   * have passed.
   */
  mayStillSend(id: string): boolean;
  /**
   * Renews each registered lease of which a third or more has passed.
   * @throws StoreUnavailable
   */
  extendDue(): Promise<void>;
}

export function createDeliveryLeaseRenewer({
  deliveries,
  clock,
  leaseMs,
}: DeliveryLeaseRenewerDeps): DeliveryLeaseRenewer {
  const kept = new Map<string, DeliveryLease>();

  async function extend(owner: string, ids: readonly string[]): Promise<void> {
    const lease = beginDeliveryLease(owner, clock);
    const held = await deliveries.extend(ids, owner, new Date(lease.at.getTime() + leaseMs));
    for (const id of ids) {
      if (kept.get(id)?.owner !== owner) continue;
      if (held.has(id)) kept.set(id, lease);
      // The delivery's lease was not renewed, so another process has claimed the delivery.
      else kept.delete(id);
    }
  }

  return {
    keep: (id, lease) => void kept.set(id, lease),
    drop: (id) => void kept.delete(id),
    mayStillSend(id) {
      const lease = kept.get(id);
      return lease !== undefined && ageOf(lease, clock) < (leaseMs * 2) / 3;
    },
    async extendDue() {
      const due = [...kept].filter(([, lease]) => ageOf(lease, clock) >= leaseMs / 3);
      for (const [owner, leases] of Map.groupBy(due, ([, lease]) => lease.owner))
        await extend(
          owner,
          leases.map(([id]) => id),
        );
    },
  };
}
