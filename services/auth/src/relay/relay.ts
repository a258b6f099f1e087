import type { Bus } from '@latchkey/bus';
import type { EventSigner } from '@latchkey/events';
import type { Dependency, Logger, Part, Registry } from '@latchkey/process';
import { createExponentialBackoff, sleep as realSleep, runLoop, type Sleep } from '@latchkey/process/loop';
import type { Leases } from '@latchkey/store';
import type { Outbox } from '../ports/outbox.ts';
import { ageInSeconds, createRelayMetrics } from './metrics.ts';
import { createPublisher, type Publisher, type PublisherDeps, type RejectedStreams } from './publisher.ts';
import { createStreamQueue } from './queue.ts';
import { createOutboxSweep } from './sweep.ts';

export interface RelayDeps {
  readonly outbox: Outbox;
  readonly journal: PublisherDeps['journal'];
  readonly bus: Pick<Bus, 'publish'>;
  readonly signer: EventSigner;
  readonly leases: Leases;
  /** Unique id of this process. */
  readonly instance: string;
  /**
   * How long the lease of a sweep lasts, in ms (default 10,000). A sweep publishes commits that are left in the
   * outbox; while one process holds the lease, no other process sweeps.
   */
  readonly leaseMs?: number;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Maximum number of commits per publish (default 1,000). */
  readonly batchSize?: number;
  readonly sleep?: Sleep;
}

export interface Relay extends Part {
  /** Publishes a stream immediately, because something was appended to it. */
  nudge(stream: string): void;
}

const QUEUE_CAPACITY = 10_000;
const STREAMS_PER_BATCH = 500;
const retryPauses = createExponentialBackoff({ least: 100, most: 1000 });
/**
 * The pauses of the sweep. With these pauses, everything is published within 2 s, although a sweep leaves the commits
 * of the last second to the process that appended them.
 */
const sweepPauses = createExponentialBackoff({ least: 100, most: 750 });

/** A waiting commit of this age is a sign of a failure, because a running instance publishes commits sooner. */
const OVERDUE_SECONDS = 10;

interface Waiting {
  readonly commits: number;
  readonly oldestSeconds: number;
}

/**
 * The relay: publishes the outbox, per stream in order, at least once. Any number of relays may run on one outbox; they
 * publish duplicates at worst, and never leave a gap or change the order.
 */
export function createRelay(deps: RelayDeps): Relay {
  const { outbox, logger, registry, now, batchSize = 1000, sleep = realSleep } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const queue = createStreamQueue(QUEUE_CAPACITY, signal);
  const metrics = createRelayMetrics({ registry, outbox, now, blocked: () => publisher.blocked() });
  const publisher = createPublisher({ ...deps, metrics, batchSize });
  const sweep = createOutboxSweep({ ...deps, found: queue.add });
  let retriesPerBatch = STREAMS_PER_BATCH;
  let isFailing = false;
  let running: Promise<unknown> = Promise.resolve();

  /** Returns false if some streams have to be retried. */
  async function publishNext(): Promise<boolean> {
    const { streams, isRetry } = await queue.next({ fresh: STREAMS_PER_BATCH, retried: retriesPerBatch });
    const failed = await publish(streams);
    for (const stream of failed) queue.addRetry(stream);
    // One rejected stream fails the whole publish, so retries are made in smaller batches, in which the other streams
    // succeed.
    if (isRetry)
      retriesPerBatch =
        failed.length > 0 ? Math.ceil(retriesPerBatch / 2) : Math.min(retriesPerBatch * 2, STREAMS_PER_BATCH);
    return failed.length === 0;
  }

  /** Returns the streams to retry. */
  async function publish(streams: readonly string[]): Promise<readonly string[]> {
    const refused = await publisher
      .publish(streams, signal)
      .catch((error: unknown): readonly Omit<RejectedStreams, 'topic'>[] => [{ streams, error }]);
    report(refused);
    return refused.flatMap((each) => each.streams);
  }

  /** Logs when publishing begins to fail, and when it succeeds again. */
  function report([first]: readonly Omit<RejectedStreams, 'topic'>[]): void {
    if (first !== undefined && !isFailing) {
      const { error: err, streams: _, ...topic } = first;
      logger.warn({ err, ...topic }, 'cannot publish, trying again');
    }
    const wasFailing = isFailing;
    isFailing = first !== undefined || queue.hasRetries();
    if (wasFailing && !isFailing) logger.info('publishing again');
  }

  function publishQueue(): Promise<void> {
    return runLoop(
      {
        every: (failures) => (failures === 0 ? 0 : retryPauses(failures - 1)),
        signal,
        sleep: async (ms, wake) => (ms === 0 ? undefined : sleep(ms, wake)),
        onFailure: (err) => logger.error({ err }, 'the relay has a bug'),
      },
      publishNext,
    );
  }

  async function sweepOutbox(): Promise<void> {
    await runLoop(
      {
        every: sweepPauses,
        signal,
        sleep,
        onFailure(err, failures) {
          if (failures === 1) logger.warn({ err }, 'the outbox cannot be swept');
        },
      },
      async () => (await sweep.run()) && !isFailing,
    );
    await sweep.release();
  }

  /**
   * Returns how many commits wait to be published, and how long the oldest has waited; undefined while the outbox
   * cannot be reached.
   */
  async function waiting(): Promise<Waiting | undefined> {
    const known = await outbox.backlog().catch(() => undefined);
    return known && { commits: known.commits, oldestSeconds: ageInSeconds(known.oldest, now()) };
  }

  return {
    name: 'relay',
    async start() {
      running = Promise.all([publishQueue(), sweepOutbox()]);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    health: async () => [health(publisher, await waiting())],
    nudge: queue.add,
  };
}

function health({ refusing, blocked }: Publisher, waiting: Waiting | undefined): Dependency {
  const bus = { name: 'bus', needed: false } as const;
  function degraded(detail: string): Dependency {
    return { ...bus, state: 'degraded', detail };
  }
  // Another instance may meanwhile have published the streams that were rejected here.
  const topics = waiting?.commits === 0 ? [] : refusing();
  if (topics.length > 0) return degraded(`publishing to ${topics.join(', ')} fails; ${inWords(waiting)}`);
  if (blocked() > 0) return degraded(`${blocked()} streams cannot be published; ${inWords(waiting)}`);
  // The age of the oldest commit also shows failures of another instance.
  if (waiting !== undefined && waiting.oldestSeconds >= OVERDUE_SECONDS) return degraded(inWords(waiting));
  return { ...bus, state: 'ok' };
}

function inWords(waiting: Waiting | undefined): string {
  return waiting === undefined
    ? 'commits wait in the outbox'
    : `commits in the outbox: ${waiting.commits}, the oldest since ${Math.round(waiting.oldestSeconds)} s`;
}
