/**
 * Computes which mails the events require, with recipients and deadlines, and which earlier mails each event
 * supersedes: docs/events.md.
 */
import { createHash } from 'node:crypto';
import type { Journal, JournalEvent } from './journal.ts';
import type { SealedLink } from './stored.ts';

type Purpose = 'verification' | 'reset' | 'erasure' | 'email-change' | 'email-undo';
export type SupersededMailKind = Purpose | 'everything';

export interface RequiredMail {
  /** The id of the delivery, which is also the local part of the mail's Message-ID. */
  readonly id: string;
  readonly event: JournalEvent;
  readonly mail: string;
  readonly to: string;
  readonly purpose?: Purpose;
  /** The time at which the link in the mail expires, in ms since 1970. */
  readonly expiresAt?: number;
  /** The time after which the mail must not be sent. In ms since 1970. */
  readonly sendUntil: number;
}

interface MailRequirement {
  readonly mail: string;
  readonly purpose?: Purpose;
  readonly link?: SealedLink;
  /** The recipient. Default: the address of the account. */
  readonly to?: string | undefined;
}

/** Maps each type of event to the mail that it requires. All other types require no mail. */
const requirementOf: Readonly<Record<string, (event: JournalEvent) => MailRequirement | undefined>> = {
  UserRegistered: ({ data: { verification: link } }) =>
    link ? { mail: 'verify-email', purpose: 'verification', link } : { mail: 'account-exists' },
  VerificationRequested: ({ data: { verification: link } }) =>
    link && { mail: 'verify-email', purpose: 'verification', link },
  AccountVerified: () => ({ mail: 'welcome' }),
  PasswordResetRequested: ({ data: { reset: link, verifies } }) =>
    link && { mail: verifies ? 'choose-password' : 'reset-password', purpose: 'reset', link },
  PasswordChanged: ({ data: { how } }) => (how === 'first' ? undefined : { mail: 'password-changed' }),
  EmailChangeRequested: ({ data: { person } }) =>
    person?.confirmation
      ? { mail: 'confirm-email', purpose: 'email-change', link: person.confirmation, to: person.newEmail }
      : { mail: 'email-in-use', to: person?.newEmail },
  EmailChanged: ({ data: { person } }) =>
    person?.undo && {
      mail: 'email-changed',
      purpose: 'email-undo',
      link: person.undo,
      to: person.previousEmail,
    },
  RoleChanged: () => ({ mail: 'role-changed' }),
  SessionsRevoked: ({ data: { reason, locale } }) =>
    reason === 'refresh-reuse' && locale !== undefined ? { mail: 'sessions-ended' } : undefined,
  AccountDisabled: ({ data: { locale } }) =>
    locale === undefined ? undefined : { mail: 'account-disabled' },
  AccountErasureRequested: ({ data: { person } }) =>
    person?.undo && { mail: 'erase-account', purpose: 'erasure', link: person.undo },
  OwnerAlerted: ({ data: { reason } }) => ({ mail: reason === 'locked-out' ? 'locked-out' : 'new-sign-in' }),
  MailRequested: () => ({ mail: 'welcome' }),
};

/**
 * Returns the kinds of mail that an event supersedes: mails of these kinds for earlier events of the account
 * must no longer be sent.
 */
export function listMailsSupersededBy({ type, data }: JournalEvent): readonly SupersededMailKind[] {
  switch (type) {
    case 'UserRegistered':
    case 'VerificationRequested':
      return data.verification ? ['verification'] : [];
    case 'PasswordResetRequested':
      return data.reset ? ['reset'] : [];
    case 'AccountVerified':
      return ['verification'];
    case 'PasswordChanged':
      return ['verification', 'reset', 'email-change'];
    case 'EmailChangeRequested':
    case 'EmailChangeCanceled':
      return ['email-change'];
    case 'EmailChanged':
      return ['reset', 'email-change', 'email-undo'];
    case 'AccountErasureCanceled':
      return ['erasure'];
    case 'RegistrationEnded':
    case 'AccountDisabled':
    case 'AccountErasureRequested':
    case 'AccountErased':
      return ['everything'];
    default:
      return [];
  }
}

export function computeRequiredMails({ events }: Journal): readonly RequiredMail[] {
  return [...events.values()].flat().flatMap(mailsRequiredBy);
}

function mailsRequiredBy(event: JournalEvent): readonly RequiredMail[] {
  const required = requirementOf[event.type]?.(event);
  const { person } = event.data;
  if (required === undefined || !person) return [];
  const { mail, purpose, link } = required;
  const recipients = person.recipients ?? [required.to ?? person.email ?? ''];
  return recipients.map((to) => ({
    id: idOf(event.id, mail, to),
    event,
    mail,
    to,
    ...(purpose && { purpose }),
    ...(link && { expiresAt: Date.parse(link.expiresAt) }),
    sendUntil: sendUntil(Date.parse(event.time), link),
  }));
}

const MINUTE = 60_000;

/**
 * Returns the time until which a mail may be sent: 72 hours for a notice; for a mail with a link, 5 minutes before the
 * link expires, or half of its lifetime if that is later.
 */
function sendUntil(occurredAt: number, link: SealedLink | undefined): number {
  if (link === undefined) return occurredAt + 72 * 60 * MINUTE;
  const end = Date.parse(link.expiresAt);
  return end - Math.min(5 * MINUTE, Math.max(0, end - occurredAt) / 2);
}

/**
 * Returns whether an event supersedes a mail. An event supersedes only mails that earlier events of the same
 * account or mailing require.
 */
export function supersedesMail(event: JournalEvent, { event: its, purpose }: RequiredMail): boolean {
  return (
    event.subject === its.subject &&
    event.sequence > its.sequence &&
    listMailsSupersededBy(event).some((what) => what === 'everything' || what === purpose)
  );
}

const NAMESPACE = '6f0b1c523a575d0e9a556f2f3c0a7e41';

/**
 * Returns the id of a delivery: the UUIDv5 (RFC 9562) of the event's id, the name of the mail and the
 * recipient. The computation must never change, because mails that are pending during an update would
 * otherwise be sent twice.
 */
function idOf(eventId: string, mail: string, to: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE, 'hex'))
    .update(JSON.stringify([eventId, mail, to]))
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
