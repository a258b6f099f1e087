import type { Commit, UnreadableCommit } from './journal.ts';

/** Identifies a commit. */
export type CommitKey = Pick<Commit, 'stream' | 'number'>;

/** The maximum count of a backlog. It keeps /readyz and /metrics fast when many commits are waiting. */
export const MAX_COUNTED_COMMITS = 10_000;

export interface Backlog {
  /** The number of waiting commits; at most MAX_COUNTED_COMMITS. */
  readonly commits: number;
  /** The time (`at`) of the oldest unpublished commit. */
  readonly oldest?: string;
}

/** A span of time, both ends included. */
export interface TimeSpan {
  readonly from: Date;
  readonly to: Date;
}

/** The commits that are not published yet. Every method rejects with StoreUnavailable if the store fails. */
export interface Outbox {
  /**
   * Returns the unpublished commits of each of these streams, by number, or the reason why they cannot be read.
   * Leaves out streams without unpublished commits. If a number is missing before the last returned one, the commit
   * with that number is published already.
   */
  unpublished(streams: readonly string[]): Promise<ReadonlyMap<string, readonly Commit[] | UnreadableCommit>>;
  /**
   * Returns the streams with unpublished commits, longest waiting first. Ignores commits whose time is within `recent`.
   * A commit with a time after `recent` counts as waiting, because the clock that set its time was ahead.
   */
  waiting(page: { readonly recent?: TimeSpan; readonly limit: number }): Promise<readonly string[]>;
  /** Removes commits from the outbox. Idempotent. */
  markPublished(commits: readonly CommitKey[]): Promise<void>;
  /** Counts the commits that are waiting. */
  backlog(): Promise<Backlog>;
}
