import type { Bus } from '@latchkey/bus';
import type { EventSigner } from '@latchkey/events';
import type { Logger } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import { type Commit, type Journal, UnreadableCommit } from '../ports/journal.ts';
import type { Outbox } from '../ports/outbox.ts';
import { chainStream, isChained } from '../streams/chain-stream.ts';
import type { RelayMetrics } from './metrics.ts';
import { type OutgoingCommit, toOutgoingCommit } from './outgoing.ts';

export interface PublisherDeps {
  readonly outbox: Pick<Outbox, 'unpublished' | 'markPublished'>;
  readonly journal: Pick<Journal, 'read' | 'addChain'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly signer: EventSigner;
  readonly metrics: RelayMetrics;
  readonly logger: Logger;
  /** Maximum number of commits per publish; they are marked together. */
  readonly batchSize: number;
}

export interface Publisher {
  /**
   * Publishes all unpublished commits of some streams and removes them from the outbox, topic by topic. Must not be
   * called concurrently. Stops between two publishes once `signal` is aborted. A commit that cannot be published
   * because it violates its contract is reported, and no later commit of its stream is published.
   * @returns the streams that the bus or the outbox rejected. Any of their commits may have been published, so all of
   * these streams must be retried
   * @throws StoreUnavailable if the outbox cannot be read
   */
  publish(streams: readonly string[], signal: AbortSignal): Promise<readonly RejectedStreams[]>;
  /** Counts the streams that could not be published when last tried. */
  blocked(): number;
  /** Returns the topics whose last publish was rejected by the bus. */
  refusing(): readonly string[];
}

/** The streams of one topic whose events could not be published, or could not be marked as published. */
export interface RejectedStreams {
  readonly topic: string;
  readonly streams: readonly string[];
  readonly error: unknown;
}

/**
 * Creates a publisher. Any number of publishers may run: the first occurrences of a stream's events stay in order,
 * because no commit is published before the earlier commits of its stream. Earlier commits that were unpublished when
 * the outbox was read are in the same publish. All other earlier commits had been published and acknowledged by then,
 * because commits are marked only after the acknowledgement. A stale read, or a publish that takes effect late, can
 * only add duplicates.
 */
export function createPublisher(deps: PublisherDeps): Publisher {
  const { outbox, journal, bus, signer, metrics, logger, batchSize } = deps;
  const blocked = new Set<string>();
  const refusing = new Set<string>();

  async function outgoing(streams: readonly string[]): Promise<readonly OutgoingCommit[]> {
    const unpublished = new Map(await outbox.unpublished(streams));
    const unchained = [...unpublished]
      .filter(([, commits]) => !areChained(commits))
      .map(([stream]) => stream);
    for (const stream of unchained) await chainIfPossible(stream);
    if (unchained.length > 0)
      for (const [stream, commits] of await outbox.unpublished(unchained)) unpublished.set(stream, commits);
    return streams.flatMap((stream) => outgoingOf(stream, unpublished.get(stream) ?? []));
  }

  /**
   * Adds the missing hash-chain entries to the events of the stream, if possible. Otherwise, the stream is published
   * only up to the first event without a hash-chain entry.
   */
  async function chainIfPossible(stream: string): Promise<void> {
    try {
      await chainStream(journal, stream);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      block(stream, error);
    }
  }

  /** Returns the commits of a stream up to the first one that cannot be published. */
  function outgoingOf(
    stream: string,
    commits: readonly Commit[] | UnreadableCommit,
  ): readonly OutgoingCommit[] {
    const ready: OutgoingCommit[] = [];
    try {
      if (commits instanceof UnreadableCommit) throw commits;
      for (const commit of commits) ready.push(toOutgoingCommit(commit, signer));
      blocked.delete(stream);
    } catch (error) {
      block(stream, error);
    }
    return ready;
  }

  /** Logs a blocked stream only once, because the sweep tries it again every second. */
  function block(stream: string, error: unknown): void {
    if (!blocked.has(stream)) logger.error({ err: error, stream }, 'a stream cannot be published');
    blocked.add(stream);
  }

  /** Publishes batch by batch, and stops at the first one that is rejected. */
  async function publishTopic(
    topic: string,
    commits: readonly OutgoingCommit[],
    signal: AbortSignal,
  ): Promise<readonly RejectedStreams[]> {
    for (let done = 0; done < commits.length && !signal.aborted; done += batchSize) {
      try {
        await publishBatch(topic, commits.slice(done, done + batchSize));
      } catch (error) {
        const streams = new Set(commits.slice(done).map(({ stream }) => stream));
        return [{ topic, streams: [...streams], error }];
      }
    }
    return [];
  }

  async function publishBatch(topic: string, batch: readonly OutgoingCommit[]): Promise<void> {
    const records = batch.flatMap((commit) => commit.records);
    const observe = metrics.publishSeconds.startTimer();
    await send(topic, records);
    observe();
    // Commits are marked only after the acknowledgement, because a marked commit is never published again.
    await outbox.markPublished(batch);
    metrics.published.inc({ topic }, records.length);
  }

  async function send(topic: string, records: OutgoingCommit['records']): Promise<void> {
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
      const byTopic = Map.groupBy(await outgoing(streams), ({ topic }) => topic);
      const refused: RejectedStreams[] = [];
      for (const [topic, commits] of byTopic) refused.push(...(await publishTopic(topic, commits, signal)));
      return refused;
    },
    blocked: () => blocked.size,
    refusing: () => [...refusing],
  };
}

/** Returns whether all events have chain entries. False for commits that release 0.1 appended and did not publish. */
function areChained(commits: readonly Commit[] | UnreadableCommit): boolean {
  return commits instanceof UnreadableCommit || commits.every(isChained);
}
