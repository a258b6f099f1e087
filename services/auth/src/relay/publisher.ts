import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bus } from '@latchkey/bus';
import type { EventSigner } from '@latchkey/events';
import type { Logger } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import { type Commit, type Journal, UnreadableCommit } from '../ports/journal.ts';
import type { Outbox } from '../ports/outbox.ts';
import { addMissingChainEntries, hasChainEntries } from '../streams/chain-stream.ts';
import type { RelayMetrics } from './metrics.ts';
import { type OutgoingCommit, toOutgoingCommit } from './outgoing.ts';

/** The maximum number of commits that are encoded in one turn of the event loop. This takes about 5 ms. */
const ENCODED_PER_TURN = 50;

export interface CommitPublisherDeps {
  readonly outbox: Pick<Outbox, 'unpublished' | 'markPublished'>;
  readonly journal: Pick<Journal, 'read' | 'addChain'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly signer: EventSigner;
  readonly metrics: RelayMetrics;
  readonly logger: Logger;
  /** The maximum number of commits per publish. */
  readonly batchSize: number;
}

export interface CommitPublisher {
  /**
   * Publishes all unpublished commits of the given streams, topic by topic, and removes them from the outbox.
   * Must not be called concurrently. Stops between two batches once `signal` is aborted. An invalid or
   * unreadable commit is logged, and blocks the later commits of its stream.
   * @returns the streams that failed in the bus or the outbox. Some of their commits may have been published,
   * but all of these streams must be retried
   * @throws StoreUnavailable if the outbox cannot be read
   */
  publish(streams: readonly string[], signal: AbortSignal): Promise<readonly UnpublishedStreams[]>;
  /** Counts the streams that are blocked by an invalid or unreadable commit. */
  blocked(): number;
  /** Returns the topics whose last publish failed. */
  refusing(): readonly string[];
}

/** The streams of one topic that could not be published, or could not be marked as published. */
export interface UnpublishedStreams {
  readonly topic: string;
  readonly streams: readonly string[];
  readonly error: unknown;
}

/**
 * Creates a publisher. Any number of publishers may run concurrently. For each stream, the first occurrences
 * of its events are published in order, because a commit is never published before an earlier commit of its
 * stream:
 * - Earlier commits that were in the outbox when it was read are part of the same publish.
 * - All other earlier commits had already been published and acknowledged, because commits leave the outbox
 *   only after the acknowledgement.
 * A stale read, or a publish that takes effect late, can only cause duplicates.
 */
export function createCommitPublisher(deps: CommitPublisherDeps): CommitPublisher {
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
    const ready: OutgoingCommit[] = [];
    for (const stream of streams) await encodeCommits(stream, unpublished.get(stream) ?? [], ready);
    return ready;
  }

  /**
   * Adds missing hash-chain entries to the events of a stream. If this fails, the stream is published only up
   * to the first event without an entry.
   */
  async function chainIfPossible(stream: string): Promise<void> {
    try {
      await addMissingChainEntries(journal, stream);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      block(stream, error);
    }
  }

  /**
   * Encodes the commits of a stream, and stops at the first one that cannot be published. Lets other work run
   * after every 50 commits.
   * @param ready receives the encoded commits of all streams
   */
  async function encodeCommits(
    stream: string,
    commits: readonly Commit[] | UnreadableCommit,
    ready: OutgoingCommit[],
  ): Promise<void> {
    try {
      if (commits instanceof UnreadableCommit) throw commits;
      for (const commit of commits) {
        ready.push(toOutgoingCommit(commit, signer));
        if (ready.length % ENCODED_PER_TURN === 0) await nextTurn();
      }
      blocked.delete(stream);
    } catch (error) {
      block(stream, error);
    }
  }

  /** Marks a stream as blocked. Logs it only the first time, because the sweep retries it every second. */
  function block(stream: string, error: unknown): void {
    if (!blocked.has(stream)) logger.error({ err: error, stream }, 'a stream cannot be published');
    blocked.add(stream);
  }

  /** Publishes commits in batches, and stops at the first batch that fails. */
  async function publishTopic(
    topic: string,
    commits: readonly OutgoingCommit[],
    signal: AbortSignal,
  ): Promise<readonly UnpublishedStreams[]> {
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
    // Mark commits only after the acknowledgement: a commit that is marked as published is never published
    // again.
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
      const refused: UnpublishedStreams[] = [];
      for (const [topic, commits] of byTopic) refused.push(...(await publishTopic(topic, commits, signal)));
      return refused;
    },
    blocked: () => blocked.size,
    refusing: () => [...refusing],
  };
}

/**
 * Returns whether all events have hash-chain entries. Commits that release 0.1 left unpublished have none.
 */
function areChained(commits: readonly Commit[] | UnreadableCommit): boolean {
  return commits instanceof UnreadableCommit || commits.every(hasChainEntries);
}
