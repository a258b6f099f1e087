/**
 * The journal: the only place where a decision is made, and the outbox of what is to be published.
 * One commit is one insert: events, expected number, claims and outbox entry stand or fall together.
 */
import type { Fact } from '../account/facts.ts';

/** A fact as it was appended. `sequence` is the commit's plus the index in `events`. */
export type RecordedFact = Fact & {
  /** UUIDv7. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The version of the type's data. */
  readonly version: number;
};

export interface Commit {
  /** Account id, or mailing id. */
  readonly stream: string;
  /** From 1, without gaps, per stream. */
  readonly number: number;
  /** The sequence of its first event. */
  readonly sequence: number;
  /** Never empty. */
  readonly events: readonly RecordedFact[];
  /** Unique keys taken with this commit, for ever. */
  readonly claims?: readonly string[];
  /** On the commit of UserRegistered: the canonical address, until the account is verified or ended. */
  readonly address?: string;
  readonly commandId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** As `Date.prototype.toISOString` writes it, so that the order of texts is that of times. */
  readonly at: string;
}

export type AppendResult =
  | { readonly outcome: 'appended' }
  /** The very command was appended before (a retry after a lost answer): this is its commit. */
  | { readonly outcome: 'repeated'; readonly commit: Commit }
  /** Another commit has the number or a claim: look up and decide again. */
  | { readonly outcome: 'lost' };

/** A living, unverified registration. */
export interface Registration {
  readonly stream: string;
  readonly address: string;
  readonly at: string;
}

export interface Snapshot {
  readonly stream: string;
  /** Of the last commit that it covers. */
  readonly number: number;
  readonly sequence: number;
  /** Raised when the shape of the state changes: others are ignored. */
  readonly stateVersion: number;
  readonly state: unknown;
}

/** What a commit is found by: its place in a stream, or its command. */
export type CommitKeys = Pick<Commit, 'stream' | 'number' | 'commandId'>;

export interface Backlog {
  readonly commits: number;
  /** `at` of the oldest unpublished commit. */
  readonly oldest?: string;
}

/**
 * Every method rejects with a StoreUnavailable when the store cannot be reached; those that return
 * commits reject with an {@link UnreadableCommit} where one cannot be understood, for that stream alone.
 */
export interface Journal {
  /** Appends durably, entered in the outbox. Safe to repeat with the same commit. */
  append(commit: Commit): Promise<AppendResult>;
  /** The commit of a command that was appended before. */
  byCommand(commandId: string): Promise<Commit | undefined>;
  /** The commits of a stream after a number (default 0), in order. */
  read(stream: string, after?: number): Promise<readonly Commit[]>;
  /** The stream that holds a claim. */
  holder(claim: string): Promise<string | undefined>;
  /** The living unverified registrations of an address, newest first. */
  living(address: string): Promise<readonly Registration[]>;
  /** All living unverified registrations, oldest first, after a position, at most `limit`. */
  registrations(page: {
    readonly after?: Registration;
    readonly limit: number;
  }): Promise<readonly Registration[]>;
  /** Takes the address off a stream's registration: it is verified or ended. Idempotent. */
  settle(stream: string): Promise<void>;

  /** A stream's unpublished commits, by number. What it leaves out, up to the last one returned, is published. */
  unpublished(stream: string): Promise<readonly Commit[]>;
  /** Streams with commits that were appended before `before` and are unpublished, longest waiting first. */
  waiting(page: { readonly before: Date; readonly limit: number }): Promise<readonly string[]>;
  /** Takes commits out of the outbox. Idempotent. */
  markPublished(commits: readonly CommitKeys[]): Promise<void>;
  backlog(): Promise<Backlog>;

  /** The latest snapshot of a stream. Disposable: it may be missing at any time. */
  snapshot(stream: string): Promise<Snapshot | undefined>;
  saveSnapshot(snapshot: Snapshot): Promise<void>;

  /**
   * Remembers the fingerprints of keys by name, on first sight; none of them where one differs, so that who
   * comes with other keys leaves nothing behind.
   * @returns the names whose fingerprint differs from the one remembered.
   * @throws Error of one line while another store is being moved into this one.
   */
  checkFingerprints(fingerprints: Readonly<Record<string, string>>): Promise<readonly string[]>;
}

/** A commit holds what this build does not understand: an unknown type or version of an event, or damage. */
export class UnreadableCommit extends Error {
  constructor(stream: string, number: number, flaw: string) {
    super(`Commit ${number} of stream ${stream} cannot be read: ${flaw}.`);
    this.name = 'UnreadableCommit';
  }
}
