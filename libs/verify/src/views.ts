/**
 * Read-only views of the stores to compare. Each service supplies its own views, which may be used while servers are
 * running.
 */
import type { ChainEntry, LatchkeyEvent, StoredData } from '@latchkey/events';

export interface JournaledEvent {
  /** The event as auth publishes it. */
  readonly event: LatchkeyEvent;
  /** The event's place in the hash chain; undefined if it has none, as in release 0.1. */
  readonly chain?: ChainEntry;
  /** The data in the older version in which the event was appended; absent if that is the current version. */
  readonly stored?: StoredData;
  /** The number of the event's commit within the stream. */
  readonly commit: number;
  /** When the commit was appended (RFC 3339, UTC). */
  readonly at: string;
  /** False while the commit is in the outbox. */
  readonly published: boolean;
}

/** All events of one account or mailing. */
export interface JournaledStream {
  readonly id: string;
  /** The events in order, from sequence 1, without a gap. */
  readonly events: readonly JournaledEvent[];
  /** Why the journal cannot be read beyond these events. Contains no personal data. */
  readonly flaw?: string;
}

/** A lease that has expired without being released or taken over. */
export interface ExpiredLease {
  readonly of: 'job' | 'request' | 'mail';
  /** Name of the job, or id of the request or delivery. */
  readonly name: string;
  readonly endedAt: Date;
}

/** Reads the journal. Every method rejects with a StoreUnavailable while the store cannot be reached. */
export interface JournalView {
  /** Reads every stream in batches, ordered by id. Each stream is shown as it is when it is read. */
  streams(): AsyncIterable<readonly JournaledStream[]>;
  /** Returns the current state of one stream. */
  stream(id: string): Promise<JournaledStream | undefined>;
  /** Returns leases of jobs and of requests that expired before an instant, at most 1,000 of each kind. */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}

/** An account in the read model. */
export interface StoredAccount {
  /** Sequence of the last event applied; 0 if there is no profile yet. */
  readonly sequence: number;
  /** The hash of the last event applied; absent if the read model has not stored it. */
  readonly hash?: string;
  /** The record that could not be applied, if the account is parked. */
  readonly parked?: { readonly partition: number; readonly offset: number; readonly cause: string };
  /**
   * Compares the stored profile with the profile that these events produce. Returns the names of the fields that
   * differ.
   */
  differingFields(events: readonly LatchkeyEvent[]): readonly string[];
}

/** The active generation of the read model. */
export interface ProfileView {
  /** Consumer group whose positions show how far the read model has been filled. */
  readonly group: string;
  load(ids: readonly string[]): Promise<ReadonlyMap<string, StoredAccount>>;
  /** Yields the ids of all accounts in the read model, in batches. */
  ids(): AsyncIterable<readonly string[]>;
}

/** A mail that an event causes. */
export interface OwedDelivery {
  readonly id: string;
  /** The name of the mail, for example `verify-email`. */
  readonly mail: string;
}

export interface DeliveryView {
  /** Consumer group whose positions show how far the notifier has read. */
  readonly group: string;
  /** Returns the deliveries that an event causes, by the notifier's own rules. */
  owedBy(event: LatchkeyEvent): readonly OwedDelivery[];
  /** Returns those of the given ids that are recorded, in any state. */
  recorded(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns leases of deliveries that expired before an instant, at most 1,000. */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}
