import type { Logger } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import type { Outbox } from '../ports/outbox.ts';

export interface SweepDeps {
  readonly outbox: Pick<Outbox, 'waiting'>;
  readonly leases: Leases;
  /** Tells this process from all others. */
  readonly instance: string;
  readonly now: () => Date;
  readonly logger: Logger;
  found(stream: string): void;
}

export interface Sweep {
  /** Looks once for streams that nobody has published in time. Whether there were any for this process. */
  look(): Promise<boolean>;
  /** Gives the lease back. */
  leave(): Promise<void>;
}

const LEASE = 'relay-sweep';
const LEASE_MS = 10_000;
/** Younger commits are left to the process that appended them. */
const OVERDUE_MS = 1000;
const STREAMS_A_LOOK = 1000;

/**
 * Finds what was appended by a process that died before it published, or that publishes nothing itself (ops).
 * The lease only spares work: two sweeps at once would publish duplicates, nothing worse. It is not taken
 * while there is nothing to do, so that an idle system writes nothing.
 */
export function createSweep({ outbox, leases, instance, now, logger, found }: SweepDeps): Sweep {
  let holds = false;
  let failed = false;

  async function overdue(): Promise<readonly string[]> {
    const before = new Date(now().getTime() - OVERDUE_MS);
    const streams = await outbox.waiting({ before, limit: STREAMS_A_LOOK });
    if (streams.length === 0) return [];
    holds = await leases.take({ name: LEASE, holder: instance, now: now(), ms: LEASE_MS });
    return holds ? streams : [];
  }

  return {
    async look() {
      try {
        const streams = await overdue();
        failed = false;
        for (const stream of streams) found(stream);
        return streams.length > 0;
      } catch (error) {
        if (!failed) logger.warn({ err: error }, 'the outbox cannot be swept');
        failed = true;
        return false;
      }
    },
    async leave() {
      if (!holds) return;
      holds = false;
      // It runs out by itself.
      await leases.release(LEASE, instance).catch(() => undefined);
    },
  };
}
