/** Read-only access to the raw journal, used by `ops verify` to compare it with the other stores. */
import type { ExpiredLease } from '@latchkey/verify';
import type { Commit, RecordedFact, UnreadableCommit } from './journal.ts';

export interface StoredCommit extends Omit<Commit, 'events' | 'claims' | 'address' | 'eraseAt'> {
  /** False while the commit is in the outbox. */
  readonly published: boolean;
  /** The events, or why they cannot be read. */
  readonly events: readonly RecordedFact[] | UnreadableCommit;
}

/** Reads commits as they are stored. Every method rejects with StoreUnavailable if the store fails. */
export interface StoredCommits {
  /** Reads all commits by stream and number, page by page. Each page shows the store at the moment when it is read. */
  pages(): AsyncIterable<readonly StoredCommit[]>;
  /** Returns the commits of a stream, by number. */
  ofStream(stream: string): Promise<readonly StoredCommit[]>;
  /** Returns leases of jobs and of requests that expired before an instant, at most 1,000 of each. */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}
