/**
 * Every event type of Latchkey, with the types derived from the declarations in `events/`. All personal data
 * of an event is in `data.person`. When the account is erased, `person` becomes `null`, so every consumer
 * must accept `null`. An event never contains a usable secret: one-time tokens are encrypted so that only the
 * notifier can read them.
 */
import type { z } from 'zod';
import { AccountDisabled } from './events/account-disabled.ts';
import { AccountEnabled } from './events/account-enabled.ts';
import { AccountErased } from './events/account-erased.ts';
import { AccountErasureCanceled } from './events/account-erasure-canceled.ts';
import { AccountErasureRequested } from './events/account-erasure-requested.ts';
import { AccountVerified } from './events/account-verified.ts';
import { EmailChangeCanceled } from './events/email-change-canceled.ts';
import { EmailChangeRequested } from './events/email-change-requested.ts';
import { EmailChangeReverted } from './events/email-change-reverted.ts';
import { EmailChangeSettled } from './events/email-change-settled.ts';
import { EmailChanged } from './events/email-changed.ts';
import { MailBounced } from './events/mail-bounced.ts';
import { MailMarkedAsSpam } from './events/mail-marked-as-spam.ts';
import { MailRequested } from './events/mail-requested.ts';
import { OwnerAlerted } from './events/owner-alerted.ts';
import { PasswordChanged } from './events/password-changed.ts';
import { PasswordRehashed } from './events/password-rehashed.ts';
import { PasswordResetRequested } from './events/password-reset-requested.ts';
import { ProfileChanged } from './events/profile-changed.ts';
import { RegistrationEnded } from './events/registration-ended.ts';
import { RoleChanged } from './events/role-changed.ts';
import { SessionsRevoked } from './events/sessions-revoked.ts';
import { UserRegistered } from './events/user-registered.ts';
import { VerificationRequested } from './events/verification-requested.ts';
import { ACCOUNTS_TOPIC } from './topics.ts';

/** The contract of each event type, in the order in which the documentation lists them. */
export const catalogue = {
  UserRegistered,
  VerificationRequested,
  AccountVerified,
  RegistrationEnded,
  PasswordResetRequested,
  PasswordChanged,
  PasswordRehashed,
  ProfileChanged,
  EmailChangeRequested,
  EmailChangeCanceled,
  EmailChanged,
  EmailChangeReverted,
  EmailChangeSettled,
  RoleChanged,
  AccountDisabled,
  AccountEnabled,
  SessionsRevoked,
  OwnerAlerted,
  AccountErasureRequested,
  AccountErasureCanceled,
  AccountErased,
  MailRequested,
  MailBounced,
  MailMarkedAsSpam,
};

/** The name of an event type, such as `UserRegistered`. */
export type EventType = keyof typeof catalogue;
/** The data of an event type, in its current version. */
export type DataOf<T extends EventType> = z.infer<(typeof catalogue)[T]['schema']>;

/** Returns whether a string is the name of an event type. */
export function isEventType(text: string): text is EventType {
  return Object.hasOwn(catalogue, text);
}

/** Every event type, in the order of the catalogue. */
export const eventTypes: readonly EventType[] = Object.keys(catalogue).filter(isEventType);

/** The types of events about accounts. The feed and webhooks have no other events. */
export const accountEventTypes: readonly EventType[] = eventTypes.filter(
  (type) => catalogue[type].topic === ACCOUNTS_TOPIC,
);

/** Returns whether a string is the type of an event about accounts. */
export function isAccountEventType(text: string): text is EventType {
  return isEventType(text) && accountEventTypes.includes(text);
}

/**
 * The fields that identify and order an event. They are set when the event is appended to the journal, and
 * never change.
 */
export interface Envelope {
  /** The id of the event: a UUIDv7 from auth, a UUIDv5 from the notifier. */
  readonly id: string;
  /**
   * The id of the account, the mailing or the delivery. It identifies the stream, and the key of the record
   * begins with it.
   */
  readonly subject: string;
  /** The number of the event within its subject: from 1, without gaps. */
  readonly sequence: number;
  /** The time at which the event was appended to the journal: RFC 3339, UTC. */
  readonly time: string;
  /** Id of the request that led to the event (`X-Request-Id`). */
  readonly correlationId: string;
  /** Id of the command that led to the event. */
  readonly causationId: string;
  /** The W3C trace context of the request, if it had one. */
  readonly traceparent?: string;
}

/** An event of one type: its envelope and its data. */
export type EventOf<T extends EventType> = Envelope & { readonly type: T; readonly data: DataOf<T> };
/** An event of any type. A switch over `type` narrows `data`. */
export type LatchkeyEvent = { [T in EventType]: EventOf<T> }[EventType];
