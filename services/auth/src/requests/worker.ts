import type { Logger, ProcessPart } from '@latchkey/process';
import { createIdleBackoff, type LoopWakeup } from '@latchkey/process/loop';
import { createLeaseWatch } from '@latchkey/store';
import type { UseCaseDeps } from '../deps.ts';
import { createRepeatedJob } from '../job.ts';
import type { QueuedMailRequest } from '../ports/requests.ts';

const BATCH = 20;
/**
 * The shortest and the longest pause between two polls of the request queue, in ms. The pauses grow while the
 * queue is empty. New requests wake the worker, so only requests of instances that have crashed must be found
 * by polling.
 */
const IDLE_MS = { least: 1_000, most: 8_000 };

/**
 * Creates a worker that processes recorded requests. Any number of workers may run; each request is claimed
 * by one of them. A failed request is retried after its lease has expired.
 */
export function createMailRequestWorker(
  deps: Pick<UseCaseDeps, 'requests' | 'now'> & {
    /** Returns the time of a monotonic clock in ms. Default: the clock of this process. */
    monotonic?(): number;
    /** The id of this instance of auth. */
    readonly owner: string;
    readonly logger: Logger;
    /**
     * How long a batch of requests is leased to this worker, in ms. Must be longer than processing a batch
     * takes. If the worker dies, other workers claim its requests after this time.
     */
    readonly leaseMs: number;
    /** Wakes the worker when a request is recorded. */
    readonly wakeup: LoopWakeup;
    carryOut(request: QueuedMailRequest): Promise<void>;
  },
): ProcessPart {
  const { requests, now, owner, logger, leaseMs, wakeup, carryOut } = deps;
  const watch = createLeaseWatch(deps.monotonic);

  async function attempt(request: QueuedMailRequest): Promise<void> {
    try {
      await carryOut(request);
      await requests.done(request.id, owner);
    } catch (error) {
      logger.error(
        { err: error, requestId: request.correlationId },
        'a recorded request failed and will be retried',
      );
    }
  }

  /**
   * Frees the requests whose leases have expired, so that workers can claim them again. Either the worker
   * that leased such a request has died, or this worker has failed to process the request.
   */
  async function freeExpired(): Promise<void> {
    for (const lease of watch.expired(await requests.held(), leaseMs)) await requests.free(lease);
  }

  async function run(): Promise<boolean> {
    await freeExpired();
    const claimed = await requests.claim({ owner, now: now(), leaseMs, limit: BATCH });
    for (const request of claimed) await attempt(request);
    return claimed.length === BATCH;
  }

  const most = Math.max(IDLE_MS.least, Math.min(IDLE_MS.most, leaseMs / 4));
  const everyMs = createIdleBackoff({ least: IDLE_MS.least, most });
  return createRepeatedJob({ name: 'worker', everyMs, logger, wakeup, run });
}
