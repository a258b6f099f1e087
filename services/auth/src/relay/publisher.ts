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

/** How many commits are encoded and signed at the same time. Other work continues after each such group. */
const ENCODED_AT_ONCE = 50;

export interface CommitPublisherDeps {
  readonly outbox: Pick<Outbox, 'unpublished' | 'markPublished'>;
  readonly journal: Pick<Journal, 'read' | 'addChain'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly signer: EventSigner;
  readonly metrics: RelayMetrics;
  readonly logger: Logger;
  /** The maximum number of commits that are published together. */
  readonly batchSize: number;
}

export interface CommitPublisher {
  /**
   * Reads, encodes and signs all unpublished commits of the given streams. An invalid or unreadable commit is
   * logged, and blocks the later commits of its stream.
   * @param firstCommits first commits of some of the streams. Of these streams, no other commits are read
   * @returns the commits to publish, in order within each stream
   * @throws StoreUnavailable if the outbox cannot be read
   */
  prepare(streams: readonly string[], firstCommits?: readonly Commit[]): Promise<readonly OutgoingCommit[]>;
  /**
   * Publishes prepared commits, one topic after the other, and removes them from the outbox. Stops after the
   * current batch if `signal` is aborted. Must not be called while an earlier publish of the same streams is
   * in progress.
   * @returns the streams for which the bus or the outbox failed. Some of their commits may have been
   * published, but the caller must retry all of these streams
   */
  publish(commits: readonly OutgoingCommit[], signal: AbortSignal): Promise<readonly StreamsToRetry[]>;
  /** Counts the streams that are blocked by an invalid or unreadable commit. */
  blocked(): number;
  /** Returns the topics to which publishing failed the last time it was tried. */
  refusing(): readonly string[];
}

/** The streams of one topic that could not be published, or could not be marked as published. */
export interface StreamsToRetry {
  readonly topic: string;
  readonly streams: readonly string[];
  readonly error: unknown;
}

/**
 * Creates a publisher of commits. Any number of publishers may run concurrently. The events of a stream may
 * be duplicated on the topic, but their first occurrences are in order, because no commit is published before
 * an earlier commit of its stream:
 * - If the earlier commit is still in the outbox, both commits are read and published together.
 * - If the earlier commit is not in the outbox, it was already published and acknowledged, because a commit
 *   leaves the outbox only after the acknowledgement.
 * An outdated read of the outbox, or a publish that takes effect late, can only cause duplicates.
 */
export function createCommitPublisher(deps: CommitPublisherDeps): CommitPublisher {
  const { outbox, journal, bus, signer, metrics, logger, batchSize } = deps;
  const blocked = new Set<string>();
  const refusing = new Set<string>();

  async function prepare(
    streams: readonly string[],
    firstCommits: readonly Commit[] = [],
  ): Promise<readonly OutgoingCommit[]> {
    const unpublished = new Map<string, readonly Commit[] | UnreadableCommit>(
      firstCommits.map((commit) => [commit.stream, [commit]]),
    );
    const unread = streams.filter((stream) => !unpublished.has(stream));
    if (unread.length > 0)
      for (const [stream, commits] of await outbox.unpublished(unread)) unpublished.set(stream, commits);
    const unchained = [...unpublished]
      .filter(([, commits]) => !areChained(commits))
      .map(([stream]) => stream);
    for (const stream of unchained) await chainIfPossible(stream);
    if (unchained.length > 0)
      for (const [stream, commits] of await outbox.unpublished(unchained)) unpublished.set(stream, commits);
    return encodeCommits(streams, unpublished);
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

  /** Encodes the commits of each stream, up to the first commit of the stream that cannot be published. */
  async function encodeCommits(
    streams: readonly string[],
    unpublished: ReadonlyMap<string, readonly Commit[] | UnreadableCommit>,
  ): Promise<readonly OutgoingCommit[]> {
    const failures = new Map<string, unknown>();
    const commits = streams.flatMap((stream) => {
      const found = unpublished.get(stream) ?? [];
      if (!(found instanceof UnreadableCommit)) return found;
      failures.set(stream, found);
      return [];
    });
    const ready: OutgoingCommit[] = [];
    // A single event is signed on the main thread, which takes less CPU time than waking another thread, and does not
    // wait for password hashes.
    const isSingle = commits.length === 1 && commits[0]?.events.length === 1;
    const sign = isSingle ? signer.sign : signer.signOnThreadPool;
    for (let from = 0; from < commits.length; from += ENCODED_AT_ONCE) {
      const group = commits.slice(from, from + ENCODED_AT_ONCE);
      const results = await Promise.allSettled(group.map((commit) => toOutgoingCommit(commit, sign)));
      for (const [index, { stream }] of group.entries()) {
        const result = results[index];
        if (result === undefined || failures.has(stream)) continue;
        if (result.status === 'fulfilled') ready.push(result.value);
        else failures.set(stream, result.reason);
      }
      if (from + ENCODED_AT_ONCE < commits.length) await nextTurn();
    }
    for (const [stream, error] of failures) block(stream, error);
    for (const stream of streams) if (!failures.has(stream)) blocked.delete(stream);
    return ready;
  }

  /**
   * Marks a stream as blocked by a commit that cannot be published. Logs the commit only the first time,
   * because the sweep retries the stream every second.
   */
  function block(stream: string, error: unknown): void {
    if (!blocked.has(stream)) logger.error({ err: error, stream }, 'a stream cannot be published');
    blocked.add(stream);
  }

  /** Publishes the commits of a topic in batches, and stops at the first batch that fails. */
  async function publishTopic(
    topic: string,
    commits: readonly OutgoingCommit[],
    signal: AbortSignal,
  ): Promise<readonly StreamsToRetry[]> {
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
    // Mark commits as published only after the acknowledgement: a marked commit is never published again.
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
    prepare,
    async publish(commits, signal) {
      const refused: StreamsToRetry[] = [];
      for (const [topic, ofTopic] of Map.groupBy(commits, (commit) => commit.topic))
        refused.push(...(await publishTopic(topic, ofTopic, signal)));
      return refused;
    },
    blocked: () => blocked.size,
    refusing: () => [...refusing],
  };
}

/**
 * Returns whether all events of the commits have hash-chain entries. Commits that release 0.1 left
 * unpublished have none.
 */
function areChained(commits: readonly Commit[] | UnreadableCommit): boolean {
  return commits instanceof UnreadableCommit || commits.every(hasChainEntries);
}
