/** The journal as it lies there, for who compares it with what others hold. Nothing is changed. */
import type { Commit, RecordedFact, UnreadableCommit } from './journal.ts';

export interface LyingCommit extends Omit<Commit, 'events' | 'claims' | 'address'> {
  /** False: it is in the outbox. */
  readonly published: boolean;
  /** Or why they cannot be read. */
  readonly events: readonly RecordedFact[] | UnreadableCommit;
}

/** A lease whose end has come, and that nobody has taken over or given back. */
export interface OverLease {
  readonly of: 'job' | 'request';
  /** The job's name or the request's id. */
  readonly name: string;
  readonly endedAt: Date;
}

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface JournalPages {
  /** All commits by stream and number, a page at a time; each as it is when its page is read. */
  pages(): AsyncIterable<readonly LyingCommit[]>;
  /** Those of a stream, by number. */
  ofStream(stream: string): Promise<readonly LyingCommit[]>;
  /** Leases that ended before an instant: of jobs, and of requests that were written down. At most 1,000 of each. */
  leasesOver(before: Date): Promise<readonly OverLease[]>;
}
