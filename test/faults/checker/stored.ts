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
  /** `address` is the canonical address, in UserRegistered and the events that change the address. */
  readonly private?: { readonly address?: string; readonly passwordHash?: string };
  /** The hashes of the event. Without the salt, nobody can test a guess of the person's data against the digest. */
  readonly chain?: { readonly person?: { readonly salt?: string } };
}

/** A document of the journal. */
export interface Commit {
  readonly _id: string;
  readonly stream: string;
  readonly number: number;
  /** The sequence of the commit's first event. */
  readonly sequence: number;
  readonly events: readonly CommitEvent[];
  readonly claims?: readonly string[];
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly at: string;
  /** Present while the commit is in the outbox. */
  readonly unpublished?: object;
  /** Present while the sign-up is pending. The sign-up is found by this address. */
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

/** A document of the read model. */
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
  /** The process that made the attempt, by its host name and process id. */
  readonly sender?: string;
  readonly code?: number;
}

/** A document of the notifier. */
export interface StoredDelivery {
  /** The id of the delivery, which is also the local part of the mail's Message-ID. */
  readonly _id: string;
  readonly eventId: string;
  readonly subject: string;
  readonly state: string;
  readonly reason?: string;
  readonly endedAt?: Date;
  /** The last 20 attempts. */
  readonly attempts: readonly DeliveryAttempt[];
  /** Present until the delivery reaches a final state. */
  readonly open?: { readonly dueAt?: Date; readonly sendUntil?: Date };
}

/**
 * The cutoffs of an account: a sequence for each kind of mail. Mails of events before that sequence must not be sent.
 */
export interface StoredCutoffs {
  readonly _id: string;
  readonly before: Readonly<Record<string, number>>;
}

/** A lease: the process that may do a job, and the time until which it may. */
export interface StoredLease {
  readonly _id: string;
  readonly until: Date;
}

/** A request that was recorded, and is processed later. */
export interface StoredRequest {
  readonly _id: string;
  readonly at: string;
}

/** The record of an erasure, with the consumers that have confirmed it. */
export interface StoredErasure {
  /** The account. */
  readonly _id: string;
  /** The sequence of AccountErased. */
  readonly sequence: number;
  /** The consumers that must confirm. */
  readonly expected: readonly string[];
  readonly receipts: readonly { readonly consumer: string; readonly confirmedAt: string }[];
  /** Present once the events were published again without the person. */
  readonly copies?: object;
}

/** The number of records that a group has not read yet. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  readonly lag: number;
}

/** Rows of an embedded log and journal, as they were before they were replaced, in the order of the replacements. */
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
  /** The read models that were rebuilt. Each of them is still kept up to date. */
  readonly rebuiltProfiles: readonly (readonly StoredProfile[])[];
  readonly deliveries: readonly StoredDelivery[];
  readonly cutoffs: readonly StoredCutoffs[];
  readonly leases: readonly StoredLease[];
  readonly requests: readonly StoredRequest[];
  readonly erasures: readonly StoredErasure[];
}
