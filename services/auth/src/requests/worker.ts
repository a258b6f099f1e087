import type { Logger, Part } from '@latchkey/process';
import type { Wakeup } from '@latchkey/process/loop';
import { createLeaseWatch } from '@latchkey/store';
import type { Deps } from '../deps.ts';
import { createJob } from '../job.ts';
import type { WrittenRequest } from '../ports/requests.ts';

const BATCH = 20;
/** How soon the requests of a dead instance are found, in ms. */
const IDLE_MS = 1_000;

/**
 * Creates a worker that processes recorded requests. Any number of workers may run: each request is claimed by one
 * of them. A request that fails is retried after its lease has expired.
 */
export function createWorker(
  deps: Pick<Deps, 'requests' | 'now'> & {
    /** Returns milliseconds that never go back. */
    monotonic?(): number;
    /** The id of this instance. */
    readonly owner: string;
    readonly logger: Logger;
    /** How long a batch is claimed, in ms: longer than it takes. Then requests of a dead worker are claimed again. */
    readonly leaseMs: number;
    /** Woken when a request is written. */
    readonly wakeup: Wakeup;
    carryOut(request: WrittenRequest): Promise<void>;
  },
): Part {
  const { requests, now, owner, logger, leaseMs, wakeup, carryOut } = deps;
  const watch = createLeaseWatch(deps.monotonic);

  async function attempt(request: WrittenRequest): Promise<void> {
    try {
      await carryOut(request);
      await requests.done(request.id, owner);
    } catch (error) {
      logger.error(
        { err: error, requestId: request.correlationId },
        'a written request failed and will be retried',
      );
    }
  }

  /** Also frees requests that this worker failed to process, so that the next claim retries them. */
  async function freeExpired(): Promise<void> {
    for (const lease of watch.expired(await requests.held(), leaseMs)) await requests.free(lease);
  }

  async function run(): Promise<boolean> {
    await freeExpired();
    const claimed = await requests.claim({ owner, now: now(), leaseMs, limit: BATCH });
    for (const request of claimed) await attempt(request);
    return claimed.length === BATCH;
  }

  return createJob({ name: 'worker', everyMs: IDLE_MS, logger, wakeup, run });
}
