import type { Fact } from '../account/facts.ts';

/** A fact as it was appended. Its sequence is that of its commit plus its index in `events`. */
export type RecordedFact = Fact & {
  /** UUIDv7. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Schema version of `data`. */
  readonly version: number;
};

/** The events of one accepted command, appended in one write. */
export interface Commit {
  /** Id of the account or mailing. */
  readonly stream: string;
  /** Position in the stream: 1, 2, 3, … without gaps. */
  readonly number: number;
  /** Sequence of the first event. */
  readonly sequence: number;
  /** Never empty. */
  readonly events: readonly RecordedFact[];
  /** Unique keys that this commit takes, permanently. */
  readonly claims?: readonly string[];
  /** Set on the commit of UserRegistered: the canonical address, until the registration is settled. */
  readonly address?: string;
  readonly commandId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** Written by `Date.prototype.toISOString`, so that texts sort in the order of time. */
  readonly at: string;
}

export type AppendResult =
  | { readonly outcome: 'appended' }
  /** The command was appended before (a retry after a lost answer); this is its commit. */
  | { readonly outcome: 'repeated'; readonly commit: Commit }
  /** Another commit has this number or one of the claims: load and decide again. */
  | { readonly outcome: 'lost' };

/**
 * The journal: auth's private store of commits, and the only place where decisions are made.
 *
 * One commit is one write: its events, expected number, claims, registration and outbox entry are stored together or
 * not at all. Every method rejects with StoreUnavailable if the store fails. Methods that return commits reject with
 * {@link UnreadableCommit} if one of them cannot be read; other streams are not affected.
 */
export interface Journal {
  /**
   * Appends a commit durably and enters it in the outbox. Idempotent. Rejects with StoreUnavailable, never resolves with
   * `lost`, while it is unknown whether a commit that came first will remain: the caller's own among them.
   */
  append(commit: Commit): Promise<AppendResult>;
  /** Returns the commits of a stream after a number (default 0), in order, at most `limit` (default: all). */
  read(stream: string, after?: number, limit?: number): Promise<readonly Commit[]>;
  /** Returns the commit of a command that was appended before. */
  byCommand(commandId: string): Promise<Commit | undefined>;
  /** Returns the stream that holds a claim. */
  holder(claim: string): Promise<string | undefined>;
}

/** A commit that this build cannot read: it holds an unknown event type or version, or it is damaged. */
export class UnreadableCommit extends Error {
  constructor(stream: string, number: number, flaw: string) {
    super(`Commit ${number} of stream ${stream} cannot be read: ${flaw}.`);
    this.name = 'UnreadableCommit';
  }
}
