/** The ports with which `ops move` copies auth's records from one kind of store to another. */
import type { MoveSource, MoveTarget } from '@latchkey/store';
import type { ErasureRecord } from './erasure-receipts.ts';
import type { Commit } from './journal.ts';
import type { QueuedMailRequest } from './requests.ts';
import type { Session } from './sessions.ts';

/**
 * A commit with its events exactly as stored: in any schema version, even one that this build cannot read.
 */
export interface RawCommit extends Omit<Commit, 'events'> {
  readonly events: readonly unknown[];
}

/**
 * Maps the name of a setting, such as `REFRESH_KEY`, to the fingerprints of its keys. The fingerprints are in
 * the format of `formatKeyUses`.
 */
export type KeyFingerprintsBySetting = Readonly<Record<string, string>>;

/**
 * The store that records are copied from. Nothing else may write to this store during the move. Every method
 * may reject with StoreUnavailable.
 */
export interface MigrationSource {
  /**
   * Returns the fingerprints of the keys with which auth has used this store. Stored passwords and sessions
   * depend on these keys.
   */
  fingerprints(): Promise<KeyFingerprintsBySetting>;
  readonly requests: MoveSource<QueuedMailRequest>;
  readonly sessions: MoveSource<Session>;
  readonly erasures: MoveSource<ErasureRecord>;
  /** The stored commits. Within a stream, they are in the order of their numbers. */
  readonly commits: MoveSource<RawCommit>;
}

/** The store that records are copied into. Every method may reject with StoreUnavailable. */
export interface MigrationTarget {
  /**
   * Begins a move. Must be called before records are added. Auth refuses to start on this store until `end`
   * is called.
   * @returns 'ended' if a move from a store with the same keys has already been completed
   * @throws Error with a one-line message if auth has run on this store, or if records of a store with other
   * keys were moved into it
   */
  begin(fingerprints: KeyFingerprintsBySetting): Promise<'begun' | 'ended'>;
  /** Records that the move of the records is complete. */
  end(): Promise<void>;
  readonly requests: MoveTarget<QueuedMailRequest>;
  readonly sessions: MoveTarget<Session>;
  readonly erasures: MoveTarget<ErasureRecord>;
  /**
   * Adds commits. Each added commit is in the outbox of this store.
   * @throws Error with a one-line message if a different commit already has the same number or holds one of
   * the claims
   */
  readonly commits: MoveTarget<RawCommit>;
}
