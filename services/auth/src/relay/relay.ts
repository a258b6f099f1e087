import type { Bus } from '@latchkey/bus';
import type { EventSigner } from '@latchkey/events';
import type { DependencyHealth, Logger, ProcessPart, Registry } from '@latchkey/process';
import { createExponentialBackoff, sleep as realSleep, runLoop, type Sleep } from '@latchkey/process/loop';
import type { Leases } from '@latchkey/store';
import type { Commit } from '../ports/journal.ts';
import type { Outbox } from '../ports/outbox.ts';
import { computeOldestCommitAgeSeconds, createRelayMetrics } from './metrics.ts';
import type { OutgoingCommit } from './outgoing.ts';
import {
  type CommitPublisher,
  type CommitPublisherDeps,
  createCommitPublisher,
  type StreamsToRetry,
} from './publisher.ts';
import { createPublishQueue } from './queue.ts';
import { createOutboxSweep, OVERDUE_MS } from './sweep.ts';

export interface RelayDeps {
  readonly outbox: Outbox;
  readonly journal: CommitPublisherDeps['journal'];
  readonly bus: Pick<Bus, 'publish'>;
  readonly signer: EventSigner;
  readonly leases: Leases;
  /** The unique id of this process. */
  readonly instance: string;
  /**
   * The duration of the lease for sweeps, in ms (default 10,000). A sweep publishes commits that were left in
   * the outbox. Only the process that holds the lease sweeps.
   */
  readonly leaseMs?: number;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The maximum number of commits per publish (default 1,000). */
  readonly batchSize?: number;
  /** The maximum number of new streams that are read from the outbox together (default 500). */
  readonly streamsPerBatch?: number;
  readonly sleep?: Sleep;
}

export interface Relay extends ProcessPart {
  /**
   * Tells the relay to publish a stream soon, because a commit was appended to it.
   * @param appended the commit, if this process has appended it. The relay then need not read the first
   * commit of a stream from the outbox
   */
  nudge(stream: string, appended?: Commit): void;
}

const QUEUE_CAPACITY = 10_000;
const retryPauses = createExponentialBackoff({ least: 100, most: 1000 });
/**
 * The shortest and the longest pause between sweeps, in ms. A sweep skips commits that are less than a second
 * old, because the processes that appended them are about to publish them. With these pauses, a commit that
 * its own process does not publish is published by a sweep within 2 s.
 */
const sweepPauses = createExponentialBackoff({ least: 100, most: 750 });

/**
 * The age, in seconds, at which an unpublished commit indicates a failure, because a running process
 * publishes much sooner.
 */
const OVERDUE_SECONDS = 10;

/** A batch of streams whose commits have been read from the outbox and signed. */
interface PreparedBatch {
  readonly streams: readonly string[];
  readonly isRetry: boolean;
  /** The commits to publish, or the error because of which they could not be read. */
  readonly prepared: { readonly commits: readonly OutgoingCommit[] } | { readonly error: unknown };
}

interface Waiting {
  readonly commits: number;
  readonly oldestSeconds: number;
}

/**
 * Creates the relay, which publishes commits from the outbox: at least once, and in order within each stream.
 * Any number of relays may share an outbox. At worst they publish duplicates; they never skip or reorder
 * events.
 */
export function createRelay(deps: RelayDeps): Relay {
  const { outbox, logger, registry, now, batchSize = 1000, streamsPerBatch = 500, sleep = realSleep } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const queue = createPublishQueue(QUEUE_CAPACITY, signal);
  const metrics = createRelayMetrics({ registry, outbox, now, blocked: () => publisher.blocked() });
  const publisher = createCommitPublisher({ ...deps, metrics, batchSize });
  const sweep = createOutboxSweep({
    ...deps,
    found: (stream) => nudge(stream),
    capacity: queue.capacity,
    isFailing: () => isFailing,
  });
  /**
   * By stream: the first commit of the stream, if this process has appended it and nothing is known of later
   * commits. It can be published without reading the outbox, because no commit comes before it.
   */
  const firstCommits = new Map<string, Commit>();
  let retriesPerBatch = streamsPerBatch;
  let ahead: Promise<PreparedBatch> | undefined;
  let isFailing = false;
  let running: Promise<unknown> = Promise.resolve();

  /**
   * Publishes the next batch. If the queue already contains another full batch, reads and signs that batch
   * while this one is published. If the queue contains less than a full batch, waits until this batch is
   * published, so that more streams can join the next batch.
   * @returns false if some streams must be retried
   */
  async function publishNext(): Promise<boolean> {
    const batch = await (ahead ?? prepareNext());
    ahead = queue.size() >= streamsPerBatch ? prepareNext() : undefined;
    const failed = await publish(batch).finally(() => queue.release(batch.streams));
    for (const stream of failed) queue.addRetry(stream);
    // Retries use smaller batches: one stream that the bus rejects makes its whole batch fail, and smaller
    // batches let more of the other streams succeed.
    if (batch.isRetry)
      retriesPerBatch =
        failed.length > 0 ? Math.ceil(retriesPerBatch / 2) : Math.min(retriesPerBatch * 2, streamsPerBatch);
    return failed.length === 0;
  }

  function nudge(stream: string, appended?: Commit): void {
    // A full queue drops the stream, and would never take its commit out again.
    const isSpace = firstCommits.size < streamsPerBatch && queue.capacity() > 0;
    if (appended?.number === 1 && isSpace) firstCommits.set(stream, appended);
    else firstCommits.delete(stream);
    queue.add(stream);
  }

  /**
   * Removes the first commits of a batch's streams, and returns those that need not be read from the outbox. An
   * overdue commit must be read: the sweep of another process may have published it, and its account may even have
   * been erased since.
   */
  function takeFirstCommits(streams: readonly string[]): readonly Commit[] {
    const overdue = now().getTime() - OVERDUE_MS;
    return streams.flatMap((stream) => {
      const commit = firstCommits.get(stream);
      firstCommits.delete(stream);
      return commit !== undefined && Date.parse(commit.at) > overdue ? commit : [];
    });
  }

  /** Takes the next batch from the queue, and reads and signs its commits. Never rejects. */
  async function prepareNext(): Promise<PreparedBatch> {
    const batch = await queue.next({ fresh: streamsPerBatch, retried: retriesPerBatch });
    const prepared = await publisher.prepare(batch.streams, takeFirstCommits(batch.streams)).then(
      (commits) => ({ commits }),
      (error: unknown) => ({ error }),
    );
    return { ...batch, prepared };
  }

  /** Publishes a batch. @returns the streams that must be retried */
  async function publish({ streams, prepared }: PreparedBatch): Promise<readonly string[]> {
    const refused: readonly Omit<StreamsToRetry, 'topic'>[] =
      'error' in prepared
        ? [{ streams, error: prepared.error }]
        : await publisher.publish(prepared.commits, signal);
    report(refused);
    return refused.flatMap((each) => each.streams);
  }

  /** Logs when publishing starts to fail, and when it recovers. */
  function report([first]: readonly Omit<StreamsToRetry, 'topic'>[]): void {
    if (first !== undefined && !isFailing) {
      const { error: err, streams: _, ...topic } = first;
      logger.warn({ err, ...topic }, 'cannot publish, trying again');
    }
    const wasFailing = isFailing;
    isFailing = first !== undefined || queue.hasRetries();
    if (wasFailing && !isFailing) logger.info('publishing again');
  }

  async function publishQueue(): Promise<void> {
    await runLoop(
      {
        every: (failures) => (failures === 0 ? 0 : retryPauses(failures - 1)),
        signal,
        sleep: async (ms, wake) => (ms === 0 ? undefined : sleep(ms, wake)),
        onFailure: (err) => logger.error({ err }, 'the relay has a bug'),
      },
      publishNext,
    );
    // Wait for the batch that is being read in advance, because the stores may be closed only after that
    // read.
    await ahead;
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
   * Returns how many commits are unpublished and how old the oldest of them is; undefined if the outbox is
   * unavailable.
   */
  async function waiting(): Promise<Waiting | undefined> {
    const known = await outbox.backlog().catch(() => undefined);
    return (
      known && { commits: known.commits, oldestSeconds: computeOldestCommitAgeSeconds(known.oldest, now()) }
    );
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
    nudge,
  };
}

function health({ refusing, blocked }: CommitPublisher, waiting: Waiting | undefined): DependencyHealth {
  const bus = { name: 'bus', needed: false } as const;
  function degraded(detail: string): DependencyHealth {
    return { ...bus, state: 'degraded', detail };
  }
  // The last publish of this process failed. If the outbox is empty all the same, another process has
  // published the commits, so nothing is wrong.
  const topics = waiting?.commits === 0 ? [] : refusing();
  if (topics.length > 0) return degraded(`publishing to ${topics.join(', ')} fails; ${inWords(waiting)}`);
  if (blocked() > 0) return degraded(`${blocked()} streams cannot be published; ${inWords(waiting)}`);
  // An old commit shows that publishing fails, even if it fails in another process.
  if (waiting !== undefined && waiting.oldestSeconds >= OVERDUE_SECONDS) return degraded(inWords(waiting));
  return { ...bus, state: 'ok' };
}

function inWords(waiting: Waiting | undefined): string {
  return waiting === undefined
    ? 'commits wait in the outbox'
    : `commits in the outbox: ${waiting.commits}, the oldest since ${Math.round(waiting.oldestSeconds)} s`;
}
