/** Carries out what was written down: any number of workers, each request by one of them. */
import type { Dependency, Logger, Part } from '@latchkey/process';
import type { WrittenRequest } from '../ports/requests.ts';
import type { Deps } from './deps.ts';
import { repeating } from './repeating.ts';

/** Longer than carrying out a batch can take; what a dead worker held is taken up after it. */
const LEASE_MS = 30_000;
const BATCH = 20;
/** How soon requests of another instance that died, or of an ops command, are seen. */
const IDLE_MS = 1_000;

export interface Worker extends Part {
  wake(): void;
}

export function createWorker(
  deps: Pick<Deps, 'requests' | 'now'> & {
    /** Of this instance. */
    readonly owner: string;
    readonly logger: Logger;
    carryOut(request: WrittenRequest): Promise<void>;
  },
): Worker {
  const { requests, now, owner, logger, carryOut } = deps;

  /** One that fails is left to its lease, and the others go on. */
  async function attempt(request: WrittenRequest): Promise<void> {
    try {
      await carryOut(request);
      await requests.done(request.id, owner);
    } catch (error) {
      logger.error(
        { err: error, requestId: request.correlationId },
        'a written-down request will be tried again',
      );
    }
  }

  async function run(): Promise<boolean> {
    const claimed = await requests.claim({ owner, now: now(), leaseMs: LEASE_MS, limit: BATCH });
    for (const request of claimed) await attempt(request);
    return claimed.length === BATCH;
  }

  const job = repeating({ name: 'worker', everyMs: IDLE_MS, logger, run });
  return {
    name: 'worker',
    start: async () => job.start(),
    stop: job.stop,
    wake: job.wake,
    health: async (): Promise<readonly Dependency[]> => [],
  };
}
