/** Moves auth's records from one kind of store to another, for `ops move`. */
import type { MoveSource, MoveTarget } from '@latchkey/store';
import type { ErasureRecord } from './erasure-receipts.ts';
import type { Commit } from './journal.ts';
import type { RecordedRequest } from './requests.ts';
import type { Session } from './sessions.ts';

/** A commit whose events are exactly as they are stored, in any version, even if this build cannot read them. */
export interface RawCommit extends Omit<Commit, 'events'> {
  readonly events: readonly unknown[];
}

/** By setting, such as `REFRESH_KEY`: the fingerprints of its keys, as `formatKeyUses` writes them. */
export type KeyFingerprintsBySetting = Readonly<Record<string, string>>;

/**
 * The store to move from. Nothing else may write to it during the move. Every method may reject with
 * StoreUnavailable.
 */
export interface MigrationSource {
  /** Returns the fingerprints of the keys that the accounts need. */
  fingerprints(): Promise<KeyFingerprintsBySetting>;
  readonly requests: MoveSource<RecordedRequest>;
  readonly sessions: MoveSource<Session>;
  readonly erasures: MoveSource<ErasureRecord>;
  /** The commits; those of each stream are in the order of their numbers. */
  readonly commits: MoveSource<RawCommit>;
}

/** The store to move into. Every method may reject with StoreUnavailable. */
export interface MigrationTarget {
  /**
   * Must be called before records are added. Until `end`, auth does not start on this store.
   * @returns 'ended' if the same move, identified by its fingerprints, was completed before
   * @throws Error with a one-line message if auth has run on the store, or if records with other keys were moved into
   * it
   */
  begin(fingerprints: KeyFingerprintsBySetting): Promise<'begun' | 'ended'>;
  /** Records that the move is complete. */
  end(): Promise<void>;
  readonly requests: MoveTarget<RecordedRequest>;
  readonly sessions: MoveTarget<Session>;
  readonly erasures: MoveTarget<ErasureRecord>;
  /**
   * Adds commits. Each enters the outbox as it is added.
   * @throws Error with a one-line message if another commit has its number or one of its claims
   */
  readonly commits: MoveTarget<RawCommit>;
}
