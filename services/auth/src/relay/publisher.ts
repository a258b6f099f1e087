import type { Bus } from '@latchkey/bus';
import type { Logger } from '@latchkey/service';
import type { Journal } from '../ports/journal.ts';
import { StoreUnavailable } from '../ports/store-unavailable.ts';
import type { RelayMetrics } from './metrics.ts';
import {
  type BatchLimits,
  batchesOf,
  type OutgoingCommit,
  outgoingCommit,
  recordsByTopic,
} from './outgoing.ts';

export interface PublisherDeps {
  readonly journal: Pick<Journal, 'unpublished' | 'markPublished'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly metrics: RelayMetrics;
  readonly logger: Logger;
  readonly limits: BatchLimits;
}

export interface Publisher {
  /**
   * Publishes all unpublished commits of some streams and takes them out of the outbox. One call at a time.
   * Stops between two publishes once `signal` is aborted. A stream that cannot be published (what it holds
   * breaks its contract) is reported and left, from that commit on.
   * @throws if bus or journal failed: any of the commits may have been published; try again with all streams.
   */
  publish(streams: readonly string[], signal: AbortSignal): Promise<void>;
  /** Streams that could not be published when last tried. */
  blocked(): number;
  /** Whether the bus refused the last publish. */
  failing(): boolean;
}

/**
 * Why any number of publishers never reorder first occurrences: a commit is only ever published behind all
 * commits of its stream that were unpublished when they were read, and what was published by then had been
 * acknowledged before it was marked. So everything before a commit is on the topic, or precedes it in the
 * same publish. A stale read, or a publish that takes effect late, can add duplicates only.
 */
export function createPublisher({ journal, bus, metrics, logger, limits }: PublisherDeps): Publisher {
  const blocked = new Set<string>();
  let failing = false;

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

  async function publishBatch(batch: readonly OutgoingCommit[]): Promise<void> {
    const byTopic = recordsByTopic(batch);
    for (const [topic, records] of byTopic) {
      const observe = metrics.publishSeconds.startTimer();
      await publishing(bus.publish(topic, records));
      observe();
    }
    // Only now: what is marked is never published again.
    await journal.markPublished(batch);
    for (const [topic, records] of byTopic) metrics.published.inc({ topic }, records.length);
  }

  async function publishing(publish: Promise<void>): Promise<void> {
    try {
      await publish;
      failing = false;
    } catch (error) {
      failing = true;
      throw error;
    }
  }

  return {
    async publish(streams, signal) {
      const commits = (await Promise.all(streams.map(outgoing))).flat();
      for (const batch of batchesOf(commits, limits)) {
        if (signal.aborted) return;
        await publishBatch(batch);
      }
    },
    blocked: () => blocked.size,
    failing: () => failing,
  };
}
