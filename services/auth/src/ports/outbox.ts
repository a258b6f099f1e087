import type { Commit, UnreadableCommit } from './journal.ts';

/** Identifies a commit by its stream and its number. */
export type CommitKey = Pick<Commit, 'stream' | 'number'>;

/**
 * The number of commits at which counting stops, so that /readyz and /metrics stay fast when the backlog is
 * long.
 */
export const MAX_COUNTED_UNPUBLISHED_COMMITS = 10_000;

export interface OutboxBacklog {
  /** The number of unpublished commits; at most MAX_COUNTED_UNPUBLISHED_COMMITS. */
  readonly commits: number;
  /** When the oldest unpublished commit was appended. Absent if there is none. */
  readonly oldest?: string;
}

/** A span of time that includes both its beginning and its end. */
export interface TimeSpan {
  readonly from: Date;
  readonly to: Date;
}

/** Which unpublished commits to read, in the order of their times. */
export interface OutboxPageRequest {
  /**
   * The span of time whose commits are skipped, because the processes that appended them are about to publish
   * them. Commits later than this span are returned. Their times are in the future, because the clock of the
   * process that appended them is ahead.
   */
  readonly recent?: TimeSpan;
  /**
   * The time after which this page begins: earlier pages have returned all commits up to this time. Absent
   * for the first page. If it is set, commits later than `recent` are skipped too, because the first page has
   * returned them.
   */
  readonly after?: Date;
  /**
   * How many commits to read. If several commits have the same time as the last one, all of them are read.
   * The first page may contain this many commits again: those later than `recent`.
   */
  readonly limit: number;
}

export interface OutboxPage {
  /** The streams that have commits on this page. Streams whose commits have waited longest come first. */
  readonly streams: readonly string[];
  /**
   * The time of the last commit on this page, ignoring commits later than `recent`. Absent if the page has no
   * other commits.
   */
  readonly last?: Date;
  /** Whether another page follows: whether there are more commits after `last`, up to the end of `recent`. */
  readonly hasMore: boolean;
}

/** The store of unpublished commits. Every method rejects with StoreUnavailable if the store fails. */
export interface Outbox {
  /**
   * Returns the unpublished commits of each given stream, in the order of their numbers. For a stream that
   * cannot be read, returns the error instead. Omits streams without unpublished commits. If there is a gap
   * between two returned numbers, the commits in between have already been published.
   */
  unpublished(streams: readonly string[]): Promise<ReadonlyMap<string, readonly Commit[] | UnreadableCommit>>;
  /** Returns streams that have unpublished commits. */
  waiting(request: OutboxPageRequest): Promise<OutboxPage>;
  /** Removes commits from the outbox. Idempotent. */
  markPublished(commits: readonly CommitKey[]): Promise<void>;
  /** Counts the unpublished commits, up to a maximum, and returns the time of the oldest one. */
  backlog(): Promise<OutboxBacklog>;
}
