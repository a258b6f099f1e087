import type { DataOf, EventType } from '@latchkey/events';

/** A link that was mailed. */
export interface MailedLink {
  /** SHA-256(purpose ‖ token), base64url. */
  readonly hash: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface MailedOrWithheldLink {
  readonly link?: MailedLink;
  /**
   * The instant at which the link would have expired. Set instead of `link` if the address belongs to another account.
   * RFC 3339.
   */
  readonly withheldUntil?: string;
}

/** Fields that never leave the journal. */
export interface PrivateFields {
  UserRegistered: MailedOrWithheldLink & { readonly address: string; readonly passwordHash: string };
  VerificationRequested: MailedOrWithheldLink;
  PasswordResetRequested: MailedOrWithheldLink;
  PasswordChanged: { readonly passwordHash: string };
  PasswordRehashed: { readonly passwordHash: string };
  /** `withheldUntil` is never set here, because the link is only sent to the owner. */
  AccountErasureRequested: { readonly link?: MailedLink };
  EmailChangeRequested: MailedOrWithheldLink & {
    /** The new address, canonical. */
    readonly address: string;
    /** The hash of the same password, with the salt that is derived from the new address. */
    readonly passwordHash: string;
  };
  EmailChanged: {
    /** The new address, canonical. */
    readonly address: string;
    readonly passwordHash: string;
    /** The link that undoes the change. */
    readonly link: MailedLink;
  };
  EmailChangeReverted: {
    /** The canonical address that the account gets back. */
    readonly address: string;
  };
}

type PrivateOf<T> = T extends keyof PrivateFields
  ? { readonly private: PrivateFields[T] }
  : { readonly private?: never };

/**
 * One fact, as `decide` returns it: the published data of the event and the private fields. Appending adds id, time and
 * sequence; `toPublicEvents` in relay/ selects the published part.
 */
export type FactOf<T extends EventType> = { readonly type: T; readonly data: DataOf<T> } & PrivateOf<T>;

/** Events that are not about an account: mailing events, and delivery events, which the notifier publishes. */
type Other = 'MailRequested' | 'MailBounced' | 'MailMarkedAsSpam';

/** The facts of an account. */
export type AccountFact = { [T in Exclude<EventType, Other>]: FactOf<T> }[Exclude<EventType, Other>];

/** The facts of a mailing. */
export type MailingFact = FactOf<'MailRequested'>;

/** Everything that the journal stores. */
export type Fact = AccountFact | MailingFact;

export function isAccountFact<F extends Fact>(fact: F): fact is F & AccountFact {
  return fact.type !== 'MailRequested';
}
