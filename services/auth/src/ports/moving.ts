/** What auth hands over when it moves from one store to another. */
import type { Source, Target } from '@latchkey/store';
import type { Commit } from './journal.ts';
import type { WrittenRequest } from './requests.ts';
import type { Session } from './sessions.ts';

/** A commit as it is kept: its events untouched, of whatever version, also those that this build cannot read. */
export interface KeptCommit extends Omit<Commit, 'events'> {
  readonly events: readonly unknown[];
}

export type Fingerprints = Readonly<Record<string, string>>;

/** The store that is left. Nothing else may write to it meanwhile. */
export interface OldHome {
  /** Of the keys that it was written under. */
  fingerprints(): Promise<Fingerprints>;
  readonly requests: Source<WrittenRequest>;
  readonly sessions: Source<Session>;
  /** Each stream's by number. */
  readonly commits: Source<KeptCommit>;
}

/** The store that is moved into. Every method rejects with a StoreUnavailable when it cannot be reached. */
export interface NewHome {
  /**
   * Before anything is added: from now on auth does not start on this store until `end`. Resolves with whether
   * the very same move, told by its fingerprints, had ended before.
   * @throws Error of one line if auth has run on the store, or if it was moved into under other keys
   */
  begin(fingerprints: Fingerprints): Promise<'begun' | 'ended'>;
  /** Everything is there. */
  end(): Promise<void>;
  readonly requests: Target<WrittenRequest>;
  readonly sessions: Target<Session>;
  /**
   * Each is entered in the outbox as it is added.
   * @throws Error of one line where another commit has a number or a claim
   */
  readonly commits: Target<KeptCommit>;
}
