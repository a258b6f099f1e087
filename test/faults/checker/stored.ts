/**
 * Types of the data in stores and topics. The checker reads the raw fields, and uses no code of the services, so that a
 * bug of the services cannot hide itself.
 */

/** A link as events contain it. Only the notifier can decrypt it. */
export interface SealedLink {
  readonly sealed: string;
  readonly expiresAt: string;
}

/** The data of an event of any type; fields that its type does not have are undefined (docs/events.md). */
export interface EventData {
  readonly userId?: string;
  readonly mailingId?: string;
  readonly role?: string;
  readonly locale?: string;
  readonly reason?: string;
  readonly sessionId?: string;
  readonly how?: string;
  readonly verifies?: boolean;
  readonly disabled?: boolean;
  readonly verification?: SealedLink;
  readonly reset?: SealedLink;
  readonly template?: string;
  readonly requestedBy?: string;
  readonly canceledBy?: string;
  /** The time at which a requested erasure is due. */
  readonly eraseAt?: string;
  readonly person?: Person | null;
}

export interface Person {
  readonly email?: string;
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly recipients?: readonly string[];
  readonly newEmail?: string;
  readonly previousEmail?: string;
  readonly revertedEmail?: string;
  readonly confirmation?: SealedLink;
  readonly undo?: SealedLink;
}

export interface CommitEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly version: number;
  readonly data: EventData;
  /**
   * Fields that are never published. `address` is the canonical email address; only UserRegistered and the
   * events that change the address have it.
   */
  readonly private?: { readonly address?: string; readonly passwordHash?: string };
  /**
   * The salt of the digest of the event's personal data. Without the salt, nobody can test a guess of the
   * personal data against the digest.
   */
  readonly chain?: { readonly person?: { readonly salt?: string } };
}

/** A document of the journal: a commit. */
export interface Commit {
  readonly _id: string;
  readonly stream: string;
  readonly number: number;
  /** The sequence of the first event in the commit. */
  readonly sequence: number;
  readonly events: readonly CommitEvent[];
  readonly claims?: readonly string[];
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly at: string;
  /** Present while the commit is in the outbox, that is, not published yet. */
  readonly unpublished?: object;
  /** The address by which auth finds the sign-up. Present while the sign-up is pending. */
  readonly registration?: { readonly address: string };
}

/** A record of a topic. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | null;
}

/** A document of the read model: the profile of an account. */
export interface StoredProfile {
  readonly _id: string;
  readonly sequence: number;
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly search?: Readonly<Record<string, unknown>>;
  readonly parked?: { readonly cause: string; readonly after: number };
}

export interface DeliveryAttempt {
  readonly at: Date;
  readonly ms: number;
  readonly result: string;
  /** The host name and process id of the process that made the attempt. */
  readonly sender?: string;
  readonly code?: number;
}

/** A document of the notifier: a mail delivery. */
export interface StoredDelivery {
  /** The id of the delivery, which is also the local part of the mail's Message-ID. */
  readonly _id: string;
  readonly eventId: string;
  readonly subject: string;
  readonly state: string;
  readonly reason?: string;
  readonly endedAt?: Date;
  /** The last 20 attempts to send the mail. */
  readonly attempts: readonly DeliveryAttempt[];
  /** Present until the delivery reaches a final state. */
  readonly open?: { readonly dueAt?: Date; readonly sendUntil?: Date };
}

/**
 * The cutoffs of an account, by kind of mail. A mail must not be sent if the sequence of its event is lower
 * than the cutoff for its kind.
 */
export interface StoredCutoffs {
  readonly _id: string;
  readonly before: Readonly<Record<string, number>>;
}

/** A lease: the process that may do a job, and the time at which this permission ends. */
export interface StoredLease {
  readonly _id: string;
  readonly until: Date;
}

/** A request that auth has recorded, and processes later. */
export interface StoredRequest {
  readonly _id: string;
  readonly at: string;
}

/** The stored record of an erasure, with the consumers that have confirmed the erasure. */
export interface StoredErasure {
  /** The id of the erased account. */
  readonly _id: string;
  /** The sequence of the account's AccountErased event. */
  readonly sequence: number;
  /** The consumers that must confirm the erasure. */
  readonly expected: readonly string[];
  readonly receipts: readonly { readonly consumer: string; readonly confirmedAt: string }[];
  /** Present once auth has published the account's events again without the person's data. */
  readonly copies?: object;
}

/** The number of records on a topic that a consumer group has not read yet. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  readonly lag: number;
}

/**
 * Rows of an embedded log and journal as they were before an erasure replaced them, in the order of the
 * replacements.
 */
export interface ReplacedRows {
  readonly records: readonly TopicRecord[];
  readonly commits: readonly Commit[];
}

/** Everything that a system has stored at one moment. */
export interface StoreContents {
  readonly commits: readonly Commit[];
  readonly records: readonly TopicRecord[];
  readonly deadLetters: readonly TopicRecord[];
  readonly lags: readonly GroupLag[];
  readonly profiles: readonly StoredProfile[];
  /** The generations of the read model that a rebuild has created. All of them are still kept up to date. */
  readonly rebuiltProfiles: readonly (readonly StoredProfile[])[];
  readonly deliveries: readonly StoredDelivery[];
  readonly cutoffs: readonly StoredCutoffs[];
  readonly leases: readonly StoredLease[];
  readonly requests: readonly StoredRequest[];
  readonly erasures: readonly StoredErasure[];
}
