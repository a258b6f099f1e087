/** The notifier's documents in MongoDB, and their indexes. */
import type { MongoIndex } from '@latchkey/mongo';
import type {
  DeliveryAttempt,
  DeliveryContent,
  DeliveryReport,
  DeliveryState,
  NewDelivery,
  RedactedRecipient,
  SupersededMailKind,
} from '../../delivery/delivery.ts';
import type { MailSuppression } from '../../delivery/suppression.ts';

export const DELIVERIES_COLLECTION = 'notifier_deliveries';
export const CUTOFFS_COLLECTION = 'notifier_cutoffs';
export const SUPPRESSIONS_COLLECTION = 'notifier_suppressions';
export const KEY_FINGERPRINTS_COLLECTION = 'notifier_keys';

export interface DeliveryDocument extends Omit<NewDelivery, 'id' | 'content'> {
  readonly _id: string;
  readonly state: DeliveryState;
  /**
   * Present only while the mail may still be sent. `dueAt` is the earliest time of the next claim: for a
   * pending delivery, the time of the next attempt; for a claimed delivery, the end of its lease. The whole
   * field is removed from a final delivery, so that the sparse index contains only open deliveries.
   */
  readonly open?: { readonly dueAt: Date; readonly sendUntil: Date };
  /** The content of the mail. Present only while the mail may still be sent. */
  readonly content?: DeliveryContent;
  /** The id of the claim that currently holds the delivery. */
  readonly owner?: string;
  readonly tries: number;
  readonly attempts: readonly DeliveryAttempt[];
  /** The result of the latest attempt to send the mail. */
  readonly lastResult?: string;
  readonly reason?: string;
  readonly endedAt?: Date;
  /**
   * What is kept of the recipient's address after the mail was sent: a fingerprint, and a hint for operators
   * (the first letter and the domain).
   */
  readonly recipient?: RedactedRecipient;
  readonly report?: DeliveryReport;
  /**
   * The time of the report about the mail, until the report has been published on the log. Absent after that.
   */
  readonly unpublished?: Date;
}

/**
 * The cutoffs of one account or mailing. A mail must not be sent if the sequence of its event is lower than the
 * cutoff for mails of its kind.
 */
export interface CutoffsDocument {
  /** The id of the account or mailing to which the cutoffs apply. */
  readonly _id: string;
  readonly before: Readonly<Partial<Record<SupersededMailKind, number>>>;
}

/**
 * A suppression of mails to one recipient. The id consists of the fingerprint of the address and the name of the
 * mail.
 */
export interface SuppressionDocument extends Omit<MailSuppression, 'recipient' | 'mail'> {
  readonly _id: string;
}

export const notifierIndexes: readonly MongoIndex[] = [
  {
    collection: DELIVERIES_COLLECTION,
    name: 'open',
    keys: { 'open.sendUntil': 1, 'open.dueAt': 1 },
    sparse: true,
  },
  { collection: DELIVERIES_COLLECTION, name: 'subject', keys: { subject: 1, sequence: 1 } },
  {
    collection: DELIVERIES_COLLECTION,
    name: 'recipient',
    keys: { 'recipient.fingerprint': 1 },
    sparse: true,
  },
  { collection: DELIVERIES_COLLECTION, name: 'unpublished', keys: { unpublished: 1 }, sparse: true },
  { collection: DELIVERIES_COLLECTION, name: 'listed', keys: { state: 1, occurredAt: 1, _id: 1 } },
  { collection: SUPPRESSIONS_COLLECTION, name: 'ended', keys: { until: 1 }, sparse: true },
];
