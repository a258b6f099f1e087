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
   * Commits with a time in this span are ignored, because the process that appended them is about to publish them. A
   * commit with a time after it is not ignored: it was written by a process whose clock is ahead.
   */
  readonly recent?: TimeSpan;
  /**
   * Commits with this time or an earlier one are ignored, because an earlier page contained them, and so are those with
   * a time after `recent`, which belong to the first page.
   */
  readonly after?: Date;
  /** How many commits to read; more, if several have the same time as the last one. Counted apart for the future. */
  readonly limit: number;
}

export interface OutboxPage {
  /** The streams of the commits that were read, longest waiting first. */
  readonly streams: readonly string[];
  /** The time of the last commit that was read and is not after `recent`. Absent if there was none. */
  readonly last?: Date;
  /** Whether there are commits after `last` that are not after `recent`. */
  readonly hasMore: boolean;
}

/** The store of unpublished commits. Every method rejects with StoreUnavailable if the store fails. */
export interface Outbox {
  /**
   * Returns the unpublished commits of each given stream, in the order of their numbers, or the error if they
   * cannot be read. Omits streams without unpublished commits. If the returned numbers have a gap, the
   * commits in between have already been published.
   */
  unpublished(streams: readonly string[]): Promise<ReadonlyMap<string, readonly Commit[] | UnreadableCommit>>;
  /** Returns streams that have unpublished commits. */
  waiting(request: OutboxPageRequest): Promise<OutboxPage>;
  /** Removes commits from the outbox. Idempotent. */
  markPublished(commits: readonly CommitKey[]): Promise<void>;
  /** Counts the unpublished commits, up to a maximum, and returns the time of the oldest one. */
  backlog(): Promise<OutboxBacklog>;
}
