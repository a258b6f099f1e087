import type { Commit, UnreadableCommit } from './journal.ts';

/** Identifies a commit. */
export type CommitKey = Pick<Commit, 'stream' | 'number'>;

/** How many commits a backlog counts: what /readyz and /metrics ask must cost the same, however many wait. */
export const MAX_COUNTED = 10_000;

export interface Backlog {
  /** At most MAX_COUNTED. */
  readonly commits: number;
  /** `at` of the oldest unpublished commit. */
  readonly oldest?: string;
}

/** A span of time, both ends included. */
export interface Instants {
  readonly from: Date;
  readonly to: Date;
}

/** The commits that are not published yet. Every method rejects with StoreUnavailable if the store fails. */
export interface Outbox {
  /**
   * Returns the unpublished commits of each of these streams, by number, or the reason why they cannot be read. Streams
   * without unpublished commits are left out. A commit that is missing below the last one returned is published.
   */
  unpublished(streams: readonly string[]): Promise<ReadonlyMap<string, readonly Commit[] | UnreadableCommit>>;
  /**
   * Returns the streams with unpublished commits, longest waiting first, but not those of commits that are stamped
   * within `recent`. A commit that is stamped later than that has waited as well: the clock that stamped it was ahead.
   */
  waiting(page: { readonly recent?: Instants; readonly limit: number }): Promise<readonly string[]>;
  /** Removes commits from the outbox. Idempotent. */
  markPublished(commits: readonly CommitKey[]): Promise<void>;
  /** Counts what waits. */
  backlog(): Promise<Backlog>;
}
