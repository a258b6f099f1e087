import type { ChainEntry, StoredData } from '@latchkey/events';
import type { Fact } from '../account/facts.ts';

/** A fact as it was appended. Its sequence is that of its commit plus its index in `events`. */
export type RecordedFact = Fact & {
  /** The id of the event: a UUIDv7. */
  readonly id: string;
  /** When the event was appended: RFC 3339, UTC. */
  readonly time: string;
  /** Schema version of `data`. */
  readonly version: number;
  /**
   * The event's place in the hash chain of the stream. Absent on events that release 0.1 wrote, until `ops upgrade`
   * adds it.
   */
  readonly chain?: ChainEntry;
  /** The data as it was appended and hashed, if that was an older version of the schema. */
  readonly stored?: StoredData;
};

/** The events of one accepted command, appended in one write. */
export interface Commit {
  /** Id of the account or mailing. */
  readonly stream: string;
  /** Position in the stream: 1, 2, 3, … without gaps. */
  readonly number: number;
  /** Sequence of the first event. */
  readonly sequence: number;
  /** The events; at least one. */
  readonly events: readonly RecordedFact[];
  /** Unique keys that this commit has taken and still holds. */
  readonly claims?: readonly string[];
  /** The canonical address. Set on the commit of UserRegistered, until the registration is settled. */
  readonly address?: string;
  /**
   * The time at which the account is to be erased, RFC 3339. Set on a commit that leads to an erasure, until the
   * erasure is settled.
   */
  readonly eraseAt?: string;
  readonly commandId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** When the commit was appended, as `Date.prototype.toISOString` writes it, so that the strings sort by time. */
  readonly at: string;
}

export type AppendResult =
  | { readonly outcome: 'appended' }
  /** The commit of this command was appended before, for example because the response was lost. */
  | { readonly outcome: 'repeated'; readonly commit: Commit }
  /** Another commit has this number or one of the claims: load again and decide again. */
  | { readonly outcome: 'lost' };

/**
 * The journal: auth's private store of commits, and the only basis of decisions.
 *
 * One commit is one write: its events, expected number, claims, registration and outbox entry are stored together or
 * not at all. Every method rejects with StoreUnavailable if the store fails. Methods that return commits reject with
 * {@link UnreadableCommit} if one of them cannot be read; other streams are not affected.
 */
export interface Journal {
  /**
   * Appends a commit durably and enters it in the outbox. Idempotent. Rejects with StoreUnavailable, and never
   * resolves with `lost`, as long as it is unknown which of two commits came first and will remain.
   */
  append(commit: Commit): Promise<AppendResult>;
  /**
   * Stores the chain entries of a commit's events, one per event, unless they are stored already.
   * @returns the entries that are stored now; of several callers, the first one's entries stay
   * @throws UnreadableCommit if there is no such commit
   */
  addChain(
    key: Pick<Commit, 'stream' | 'number'>,
    entries: readonly ChainEntry[],
  ): Promise<readonly ChainEntry[]>;
  /** Returns the commits of a stream after a number (default 0), in order, at most `limit` (default: all). */
  read(stream: string, after?: number, limit?: number): Promise<readonly Commit[]>;
  /** Returns the commit of a command that was appended before. */
  byCommand(commandId: string): Promise<Commit | undefined>;
  /** Returns the stream that holds a claim: a unique key, such as an e-mail address. */
  holder(claim: string): Promise<string | undefined>;
  /**
   * Releases claims of a commit, so that another commit can take them. Idempotent: a claim that another commit
   * holds is not affected.
   */
  release(key: Pick<Commit, 'stream' | 'number'>, claims: readonly string[]): Promise<void>;
  /**
   * Returns the streams that hold a claim within a range, in no particular order.
   * @param range from `from` up to, but not including, `before`
   */
  holdersBetween(range: { readonly from: string; readonly before: string }): Promise<readonly string[]>;
  /** Returns how many claims begin with a prefix. */
  countClaims(prefix: string): Promise<number>;
  /** Returns the streams whose role was ever changed, in no particular order: every admin is among them. */
  roleChanges(): Promise<readonly string[]>;
}

/** A commit that this build cannot read, because it contains an unknown event type or version or is damaged. */
export class UnreadableCommit extends Error {
  constructor(stream: string, number: number, flaw: string) {
    super(`Commit ${number} of stream ${stream} cannot be read: ${flaw}.`);
    this.name = 'UnreadableCommit';
  }
}
