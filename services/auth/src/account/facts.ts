import type { DataOf, EventType } from '@latchkey/events';

/** A link that was mailed. */
export interface Link {
  /** SHA-256(purpose ‖ token), base64url. */
  readonly hash: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface LinkOrWithheld {
  readonly link?: Link;
  /** The address belongs to another account: when the link would have expired. RFC 3339. */
  readonly withheldUntil?: string;
}

/** Fields that never leave the journal. */
export interface Private {
  UserRegistered: LinkOrWithheld & { readonly address: string; readonly passwordHash: string };
  VerificationRequested: LinkOrWithheld;
  PasswordResetRequested: LinkOrWithheld;
  PasswordChanged: { readonly passwordHash: string };
}

type PrivateOf<T> = T extends keyof Private ? { readonly private: Private[T] } : { readonly private?: never };

/**
 * One thing that happened, as `decide` returns it: the event's published data and what stays private. The append adds
 * id, time and sequence. `toPublic` in relay/ makes the published form.
 */
export type FactOf<T extends EventType> = { readonly type: T; readonly data: DataOf<T> } & PrivateOf<T>;

/** The facts of an account. */
export type AccountFact = { [T in Exclude<EventType, 'MailRequested'>]: FactOf<T> }[Exclude<
  EventType,
  'MailRequested'
>];

/** The facts of a mailing. */
export type MailingFact = FactOf<'MailRequested'>;

/** Everything that the journal stores. */
export type Fact = AccountFact | MailingFact;

export function isAccountFact<F extends Fact>(fact: F): fact is F & AccountFact {
  return fact.type !== 'MailRequested';
}
