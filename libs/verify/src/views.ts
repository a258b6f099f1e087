/**
 * Read-only views of the stores that are compared. Each service provides the views of its own stores. The
 * views may be used while servers run.
 */
import type { ChainEntry, LatchkeyEvent, StoredData } from '@latchkey/events';

export interface JournaledEvent {
  /** The event, in the form in which auth publishes it. */
  readonly event: LatchkeyEvent;
  /**
   * The event's entry in the hash chain; undefined if release 0.1 has appended the event, because it had no
   * hash chain.
   */
  readonly chain?: ChainEntry;
  /**
   * The event's data as it was appended, if that was in an older version of the event. Absent if the event
   * was appended in the current version.
   */
  readonly stored?: StoredData;
  /** The number of the commit that contains the event, within the stream. */
  readonly commit: number;
  /** When the commit was appended (RFC 3339, UTC). */
  readonly at: string;
  /** Whether the commit was published. False while it is in the outbox. */
  readonly published: boolean;
}

/** All events of one account or mailing. */
export interface JournaledStream {
  readonly id: string;
  /** The events in order, from sequence 1, without a gap. */
  readonly events: readonly JournaledEvent[];
  /**
   * If the rest of the stream cannot be read: why. Absent if `events` contains the whole stream. Contains no
   * personal data.
   */
  readonly flaw?: string;
}

/** A lease that has expired, and that was neither released nor taken over. */
export interface ExpiredLease {
  readonly of: 'job' | 'request' | 'mail';
  /** The name of the job, or the id of the background request or of the delivery of a mail. */
  readonly name: string;
  readonly endedAt: Date;
}

/** Reads the journal. Every method rejects with a StoreUnavailable while the store cannot be reached. */
export interface JournalView {
  /** Yields all streams in batches, ordered by id. Each stream is shown as it is when it is read. */
  streams(): AsyncIterable<readonly JournaledStream[]>;
  /** Returns the current state of one stream. */
  stream(id: string): Promise<JournaledStream | undefined>;
  /** Returns the leases of jobs and requests that expired before this time, at most 1,000 of each kind. */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}

/** The state of an account in the read model. */
export interface StoredAccount {
  /** Sequence of the last applied event; 0 if the read model has no profile of the account yet. */
  readonly sequence: number;
  /** The hash of the last applied event; absent if the read model does not contain it. */
  readonly hash?: string;
  /** The position of the record that could not be applied, if the account is parked. */
  readonly parked?: { readonly partition: number; readonly offset: number; readonly cause: string };
  /**
   * Compares the stored profile with the profile that results from these events. Returns the names of the
   * fields that differ.
   */
  differingFields(events: readonly LatchkeyEvent[]): readonly string[];
}

/** Reads the active generation of the read model. */
export interface ProfileView {
  /**
   * The consumer group that fills the read model. Its positions say up to which record the read model is
   * filled.
   */
  readonly group: string;
  load(ids: readonly string[]): Promise<ReadonlyMap<string, StoredAccount>>;
  /** Yields the ids of all accounts in the read model, in batches. */
  ids(): AsyncIterable<readonly string[]>;
}

/** A delivery of a mail that an event must cause. */
export interface OwedDelivery {
  readonly id: string;
  /** The name of the mail, for example `verify-email`. */
  readonly mail: string;
}

export interface DeliveryView {
  /** The consumer group whose positions say how far the notifier has read the log. */
  readonly group: string;
  /** Returns the deliveries that an event must cause, by the notifier's own rules. */
  owedBy(event: LatchkeyEvent): readonly OwedDelivery[];
  /** Returns which of these deliveries are recorded, in any state. */
  recorded(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the leases of deliveries that expired before this time, at most 1,000. */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}
