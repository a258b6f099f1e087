import type { DataOf, EventType } from '@latchkey/events';

/** A link that was mailed, as the journal records it. */
export interface MailedLink {
  /** The hash of the link's token, which is SHA-256(purpose ‖ token) in base64url. */
  readonly hash: string;
  /** When the link expires (RFC 3339). */
  readonly expiresAt: string;
}

/** What a fact records about a link: the link if it was mailed, or only its expiry if it was withheld. */
export interface MailedOrWithheldLink {
  readonly link?: MailedLink;
  /**
   * When the withheld link would have expired. RFC 3339. Set instead of `link` if the address belongs to
   * another account.
   */
  readonly withheldUntil?: string;
}

/** The private fields of each type of fact. Private fields never leave the journal. */
export interface PrivateFactFields {
  UserRegistered: MailedOrWithheldLink & { readonly address: string; readonly passwordHash: string };
  VerificationRequested: MailedOrWithheldLink;
  PasswordResetRequested: MailedOrWithheldLink;
  PasswordChanged: { readonly passwordHash: string };
  PasswordRehashed: { readonly passwordHash: string };
  /**
   * The link that cancels the erasure. It is never withheld, because only the owner of the account gets it.
   */
  AccountErasureRequested: { readonly link?: MailedLink };
  EmailChangeRequested: MailedOrWithheldLink & {
    /** The new address in canonical form, by which addresses are compared. */
    readonly address: string;
    /** The hash of the current password, salted with the new address. */
    readonly passwordHash: string;
  };
  EmailChanged: {
    /** The new address in canonical form. */
    readonly address: string;
    readonly passwordHash: string;
    /** The link that undoes the change of address. */
    readonly link: MailedLink;
  };
  EmailChangeReverted: {
    /** The canonical form of the address that the account gets back. */
    readonly address: string;
  };
}

type PrivateOf<T> = T extends keyof PrivateFactFields
  ? { readonly private: PrivateFactFields[T] }
  : { readonly private?: never };

/**
 * One fact, as `decide` returns it: the data that is published as an event, and private fields. The id, time
 * and sequence are added when the fact is appended. `toPublicEvents` in relay/ removes the private fields
 * before publication.
 */
export type FactOf<T extends EventType> = { readonly type: T; readonly data: DataOf<T> } & PrivateOf<T>;

/**
 * The types of events that do not belong to an account: the events of mailings, and the events that the
 * notifier publishes.
 */
type NonAccountEventType = 'MailRequested' | 'MailBounced' | 'MailMarkedAsSpam';

/** A fact of an account. A fact is an event as `decide` returns it, with its private fields. */
export type AccountFact = { [T in Exclude<EventType, NonAccountEventType>]: FactOf<T> }[Exclude<
  EventType,
  NonAccountEventType
>];

/** A fact of a mailing. */
export type MailingFact = FactOf<'MailRequested'>;

/** Any fact that the journal can store. */
export type Fact = AccountFact | MailingFact;

export function isAccountFact<F extends Fact>(fact: F): fact is F & AccountFact {
  return fact.type !== 'MailRequested';
}
