import type { Bus } from '@latchkey/bus';
import type { Logger } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import type { Journal } from '../ports/journal.ts';
import type { RelayMetrics } from './metrics.ts';
import { type BatchLimits, batchesOf, type OutgoingCommit, outgoingCommit } from './outgoing.ts';

export interface PublisherDeps {
  readonly journal: Pick<Journal, 'unpublished' | 'markPublished'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly metrics: RelayMetrics;
  readonly logger: Logger;
  readonly limits: BatchLimits;
}

export interface Publisher {
  /**
   * Publishes all unpublished commits of some streams and takes them out of the outbox, each topic by itself. One call
   * at a time. Stops between two publishes once `signal` is aborted. A stream that cannot be published (what it holds
   * breaks its contract) is reported and left, from that commit on.
   * @returns what bus or journal refused: any of the commits may have been published; try again with all its streams.
   * @throws if the journal could not be read
   */
  publish(streams: readonly string[], signal: AbortSignal): Promise<readonly Refused[]>;
  /** Streams that could not be published when last tried. */
  blocked(): number;
  /** Topics of which the bus refused the last publish. */
  refusing(): readonly string[];
}

/** Of one topic, what could not be published, or not be marked. */
export interface Refused {
  readonly topic: string;
  readonly streams: readonly string[];
  readonly error: unknown;
}

/**
 * Why any number of publishers never reorder first occurrences: a commit is only ever published behind all
 * commits of its stream that were unpublished when they were read, and what was published by then had been
 * acknowledged before it was marked. So everything before a commit is on the topic, or precedes it in the
 * same publish. A stale read, or a publish that takes effect late, can add duplicates only.
 */
export function createPublisher({ journal, bus, metrics, logger, limits }: PublisherDeps): Publisher {
  const blocked = new Set<string>();
  const refusing = new Set<string>();

  async function outgoing(stream: string): Promise<readonly OutgoingCommit[]> {
    const ready: OutgoingCommit[] = [];
    try {
      for (const commit of await journal.unpublished(stream)) ready.push(outgoingCommit(commit));
      blocked.delete(stream);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      block(stream, error);
    }
    return ready;
  }

  /** Said once: the sweep comes by every second. */
  function block(stream: string, error: unknown): void {
    if (!blocked.has(stream)) logger.error({ err: error, stream }, 'a stream cannot be published');
    blocked.add(stream);
  }

  /** As far as it goes. */
  async function publishTopic(
    topic: string,
    commits: readonly OutgoingCommit[],
    signal: AbortSignal,
  ): Promise<readonly Refused[]> {
    let done = 0;
    try {
      for (const batch of batchesOf(commits, limits)) {
        if (signal.aborted) break;
        await publishBatch(topic, batch);
        done += batch.length;
      }
      return [];
    } catch (error) {
      const streams = new Set(commits.slice(done).map(({ stream }) => stream));
      return [{ topic, streams: [...streams], error }];
    }
  }

  async function publishBatch(topic: string, batch: readonly OutgoingCommit[]): Promise<void> {
    const records = batch.flatMap((commit) => commit.records);
    const observe = metrics.publishSeconds.startTimer();
    await offer(topic, records);
    observe();
    // Only now: what is marked is never published again.
    await journal.markPublished(batch);
    metrics.published.inc({ topic }, records.length);
  }

  async function offer(topic: string, records: OutgoingCommit['records']): Promise<void> {
    try {
      await bus.publish(topic, records);
      refusing.delete(topic);
    } catch (error) {
      refusing.add(topic);
      throw error;
    }
  }

  return {
    async publish(streams, signal) {
      const commits = (await Promise.all(streams.map(outgoing))).flat();
      const refused: Refused[] = [];
      for (const [topic, its] of Map.groupBy(commits, (commit) => commit.topic))
        refused.push(...(await publishTopic(topic, its, signal)));
      return refused;
    },
    blocked: () => blocked.size,
    refusing: () => [...refusing],
  };
}
