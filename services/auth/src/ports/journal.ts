import type { ChainEntry, StoredData } from '@latchkey/events';
import type { Fact } from '../account/facts.ts';

/**
 * An event as it is stored in the journal. Its sequence is the sequence of its commit plus its index in
 * `events`.
 */
export type RecordedFact = Fact & {
  /** The id of the event: a UUIDv7. */
  readonly id: string;
  /** When the event was appended: RFC 3339, UTC. */
  readonly time: string;
  /** The version of the schema that `data` conforms to. */
  readonly version: number;
  /**
   * The event's place in the hash chain of the stream. Absent on events that release 0.1 wrote, until
   * `ops upgrade` adds it.
   */
  readonly chain?: ChainEntry;
  /**
   * The data as it was originally stored and hashed. Set only if `data` was upcast from an older schema
   * version.
   */
  readonly stored?: StoredData;
};

/** The events that one command produced, appended in a single atomic write. */
export interface Commit {
  /** The id of the account or mailing. */
  readonly stream: string;
  /** The number of the commit within its stream: 1, 2, 3, … without gaps. */
  readonly number: number;
  /** The sequence of the first event in the commit. */
  readonly sequence: number;
  /** The events of the commit; at least one. */
  readonly events: readonly RecordedFact[];
  /** The unique keys, such as email addresses, that this commit has claimed and not released. */
  readonly claims?: readonly string[];
  /**
   * The canonical email address of a sign-up. Set on the commit that contains UserRegistered, until the
   * account is verified or ended.
   */
  readonly address?: string;
  /**
   * When the account is to be erased; RFC 3339. Set only on a commit that schedules an erasure. Removed when
   * the account has been erased, or when the erasure was canceled or moved to another time.
   */
  readonly eraseAt?: string;
  readonly commandId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /**
   * When the commit was appended, in the format of `Date.prototype.toISOString`, so that the strings sort by
   * time.
   */
  readonly at: string;
}

export type AppendResult =
  | { readonly outcome: 'appended' }
  /**
   * A commit with the same command id already exists, for example because an earlier attempt succeeded, but
   * its response was lost.
   */
  | { readonly outcome: 'repeated'; readonly commit: Commit }
  /**
   * Another commit of the stream already has this number, or another commit holds one of the claims. The
   * caller must reload the stream and decide again.
   */
  | { readonly outcome: 'lost' };

/**
 * The journal: auth's private store of commits, and the only data on which decisions are based.
 * A commit is written atomically: its events, number, claims, registration and outbox entry are stored
 * together or not at all. Every method rejects with StoreUnavailable if the store fails. Methods that return
 * commits reject with {@link UnreadableCommit} if one of these commits cannot be read; other streams are not
 * affected.
 */
export interface Journal {
  /**
   * Appends a commit durably, and adds it to the outbox. Idempotent. If another commit competes for the same
   * number or claim, and the store does not know yet which of the two will persist, rejects with
   * StoreUnavailable instead of resolving with `lost`.
   */
  append(commit: Commit): Promise<AppendResult>;
  /**
   * Stores the hash-chain entries of a commit's events, one per event. If entries are already stored, does
   * not change them.
   * @returns the entries that are stored after the call, which another caller may have stored first
   * @throws UnreadableCommit if there is no such commit
   */
  addChain(
    key: Pick<Commit, 'stream' | 'number'>,
    entries: readonly ChainEntry[],
  ): Promise<readonly ChainEntry[]>;
  /**
   * Returns the commits of a stream, in order.
   * @param after returns only commits with a higher number; default 0
   * @param limit the maximum number of commits; default: no limit
   */
  read(stream: string, after?: number, limit?: number): Promise<readonly Commit[]>;
  /** Returns the commit of a command; undefined if no commit of the command has been appended. */
  byCommand(commandId: string): Promise<Commit | undefined>;
  /**
   * Returns the stream that holds a claim, which is a unique key such as an email address; undefined if the
   * claim is free.
   */
  holder(claim: string): Promise<string | undefined>;
  /**
   * Releases claims of a commit, so that another commit can take them. Idempotent. Claims that are held by
   * other commits are not affected.
   */
  release(key: Pick<Commit, 'stream' | 'number'>, claims: readonly string[]): Promise<void>;
  /**
   * Returns the streams that hold a claim within a range of strings, in no particular order.
   * @param range from `from`, inclusive, to `before`, exclusive
   */
  holdersBetween(range: { readonly from: string; readonly before: string }): Promise<readonly string[]>;
  /** Counts the claims that begin with a prefix. */
  countClaims(prefix: string): Promise<number>;
  /**
   * Returns the streams of all accounts whose role has ever changed, in no particular order. The result
   * includes all current admins.
   */
  roleChanges(): Promise<readonly string[]>;
}

/**
 * Thrown for a commit that this build cannot read: it is damaged, or contains an unknown event type or
 * version.
 */
export class UnreadableCommit extends Error {
  constructor(stream: string, number: number, flaw: string) {
    super(`Commit ${number} of stream ${stream} cannot be read: ${flaw}.`);
    this.name = 'UnreadableCommit';
  }
}
