/**
 * The scheduled and running erasures. Appending a commit that contains `eraseAt` schedules the erasure of its
 * account.
 */
import type { CommitKey } from './outbox.ts';

/** A commit that schedules the erasure of its account. */
export interface DueErasure extends CommitKey {
  /** When the account is to be erased (RFC 3339). */
  readonly eraseAt: string;
}

/**
 * The store of scheduled and running erasures. Every method rejects with StoreUnavailable if the store fails.
 */
export interface ScheduledErasureStore {
  /** Returns a page of the erasures that are due at `until`, earliest first. */
  due(page: {
    readonly after?: DueErasure;
    readonly until: Date;
    readonly limit: number;
  }): Promise<readonly DueErasure[]>;
  /**
   * Removes the erasure that a commit has scheduled. Called if the account must not be erased at the
   * scheduled time after all. Idempotent.
   */
  settle(commit: CommitKey): Promise<void>;
  /** Returns whether an erasure of the account is scheduled or has not finished. */
  isScheduled(stream: string): Promise<boolean>;
  /** Removes all scheduled erasures of an account that has been erased. Idempotent. */
  settleAll(stream: string): Promise<void>;
}
