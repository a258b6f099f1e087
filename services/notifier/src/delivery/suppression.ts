/**
 * Suppressions: for some time, the notifier does not send certain mails to an email address. A suppression
 * stops either all mails or the mails of one kind.
 */

import type { ReportedDeliveryState } from './delivery.ts';

/** Used instead of the name of a mail, for a suppression of all mails to an address. */
export const ALL_MAILS = 'all';

/** Why an address is suppressed: by an operator, or because a mail to it bounced or led to a complaint. */
export type SuppressionReason = 'operator' | ReportedDeliveryState;

/** A suppression: mails of one kind, or all mails, are not sent to an address. */
export interface MailSuppression {
  /** The fingerprint of the email address, so that the list of suppressions contains no addresses. */
  readonly recipient: string;
  /** A shortened form of the email address by which operators recognise it, for example `a…@example.com`. */
  readonly hint: string;
  /** The name of the mail that is not sent to the address, or ALL_MAILS. */
  readonly mail: string;
  readonly reason: SuppressionReason;
  readonly since: Date;
  /** When the suppression ends; if absent, it never ends. */
  readonly until?: Date;
}

/**
 * Returns the id of a suppression. There is at most one suppression for each combination of address and mail.
 */
export function computeSuppressionId({
  recipient,
  mail,
}: Pick<MailSuppression, 'recipient' | 'mail'>): string {
  return `${recipient}/${mail}`;
}
