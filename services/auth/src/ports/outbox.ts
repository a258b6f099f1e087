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
   * The commits in this span of time are skipped, because the processes that appended them are about to
   * publish them. Later commits are not skipped: the clock of the process that appended them is ahead.
   */
  readonly recent?: TimeSpan;
  /**
   * Set for every page except the first. Only commits later than this time are returned, because the earlier
   * pages contained all others. Commits later than `recent` are skipped, too, because the first page
   * contained them.
   */
  readonly after?: Date;
  /**
   * How many commits to read. More commits are read if several have the same time as the last one. On the
   * first page, this many commits later than `recent` are read in addition.
   */
  readonly limit: number;
}

export interface OutboxPage {
  /** The streams of the commits that were read. Streams whose commits have waited longest come first. */
  readonly streams: readonly string[];
  /**
   * The time of the last commit that was read, not counting commits later than `recent`. Absent if no such
   * commit was read.
   */
  readonly last?: Date;
  /** Whether there are further commits to read: later than `last`, but not later than `recent`. */
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
