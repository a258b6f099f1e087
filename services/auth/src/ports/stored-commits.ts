/** Read-only access to the raw journal, used by `ops verify` to compare it with the other stores. */
import type { ExpiredLease } from '@latchkey/verify';
import type { Commit, RecordedFact, UnreadableCommit } from './journal.ts';

export interface StoredCommit extends Omit<Commit, 'events' | 'claims' | 'address' | 'eraseAt'> {
  /** Whether the commit has been published and removed from the outbox. */
  readonly published: boolean;
  /** The events of the commit, or the error if they cannot be read. */
  readonly events: readonly RecordedFact[] | UnreadableCommit;
}

/** Reads commits as they are stored. Every method rejects with StoreUnavailable if the store fails. */
export interface StoredCommitReader {
  /**
   * Reads all commits page by page, ordered by stream and number. Each page reflects the store at the time it
   * is read.
   */
  pages(): AsyncIterable<readonly StoredCommit[]>;
  /** Returns the commits of a stream, ordered by number. */
  ofStream(stream: string): Promise<readonly StoredCommit[]>;
  /**
   * Returns the leases of jobs and of recorded requests that expired before an instant; at most 1,000 of
   * each.
   */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}
