/** The erasures that are pending or in progress. A commit with `eraseAt` opens an erasure. */
import type { CommitKey } from './outbox.ts';

/** A commit that leads to the erasure of its account. */
export interface DueErasure extends CommitKey {
  /** When the account is to be erased (RFC 3339). */
  readonly eraseAt: string;
}

/** The erasures that are not complete yet. Every method rejects with StoreUnavailable if the store fails. */
export interface Erasures {
  /** Returns the erasures that are due at `until`, earliest first: at most `limit`, after a position. */
  due(page: {
    readonly after?: DueErasure;
    readonly until: Date;
    readonly limit: number;
  }): Promise<readonly DueErasure[]>;
  /** Closes an erasure because the account will not be erased at its instant. Idempotent. */
  settle(commit: CommitKey): Promise<void>;
  /** Closes all erasures of an account because it is erased. Idempotent. */
  settleAll(stream: string): Promise<void>;
}
