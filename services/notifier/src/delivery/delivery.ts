/**
 * A delivery: one mail to one recipient that one event requires.
 *
 *     pending ──claim──▶ claimed ──▶ sent        accepted by the mail server
 *        ▲                  │  ├───▶ failed      permanently refused, or its link cannot be decrypted
 *        └──── retry ───────┘  └───▶ suppressed  its address is suppressed for this mail
 *     pending, or claimed with an expired lease ──▶ expired     past `sendUntil`
 *                                               └─▶ cancelled   superseded by a later event, or by an operator
 *
 *     sent ──report──▶ bounced     it came back, because the address accepts no mail
 *                 └──▶ complained  the recipient has complained about it
 *
 * In every state except `pending` and `claimed`, the delivery is final: its mail is never sent again. A final
 * delivery keeps its id, so a repeated event adds no second delivery. It also keeps its log of attempts, but
 * no address, name or link.
 */
import type { LinkPurpose, SealedToken } from '@latchkey/events';
import type { AttemptFailureDetails } from './reply.ts';

/** The states in which a mail may still be sent. */
export type OpenDeliveryState = 'pending' | 'claimed';
/** The states in which a mail is never sent again. */
export type FinalDeliveryState =
  | 'sent'
  | 'failed'
  | 'expired'
  | 'cancelled'
  | 'suppressed'
  | ReportedDeliveryState;
/** The states that a delivery gets when a report about its mail arrives after the mail was sent. */
export type ReportedDeliveryState = 'bounced' | 'complained';
export type DeliveryState = OpenDeliveryState | FinalDeliveryState;
export const deliveryStates = [
  'pending',
  'claimed',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'bounced',
  'complained',
] as const satisfies readonly DeliveryState[];

/** The link of a mail, encrypted by auth. Only the notifier can decrypt it. */
export interface SealedLink extends SealedToken {
  readonly purpose: LinkPurpose;
}

/** The content of a mail: personal data and the sealed link. Only a delivery in an open state has content. */
export interface DeliveryContent {
  readonly to: string;
  readonly link?: SealedLink;
  /** The values of the mail's own variables. */
  readonly [variable: string]: unknown;
}

/**
 * The result of one attempt to send the mail. The server's reply is masked, because it may contain the
 * recipient.
 */
export interface DeliveryAttempt extends Partial<AttemptFailureDetails> {
  readonly at: Date;
  /** How long the attempt to send the mail took, in ms. */
  readonly ms: number;
  readonly result: string;
  /**
   * The process that made the attempt to send the mail: `<host name>:<process id>`. Absent from attempts of
   * earlier releases.
   */
  readonly sender?: string;
}

/** A delivery in the form in which it is first stored. */
export interface NewDelivery {
  readonly id: string;
  readonly eventId: string;
  /** The id of the account or of the mailing. */
  readonly subject: string;
  /**
   * The event's sequence within its account or mailing. An event can only supersede mails that were caused by
   * events with lower sequences.
   */
  readonly sequence: number;
  /** The name of the mail, for example `verify-email`. */
  readonly mail: string;
  readonly locale: string;
  readonly correlationId: string;
  readonly occurredAt: Date;
  /** The instant after which the mail must not be sent. */
  readonly sendUntil: Date;
  /**
   * The purpose of the mail's link, if it has one. The purpose is kept after the content is deleted, because
   * cutoffs (rules against mails that are out of date) need it.
   */
  readonly purpose?: LinkPurpose;
  readonly content: DeliveryContent;
}

/**
 * What is stored in place of the recipient's email address after the mail was sent: a fingerprint, to which
 * reports about the address can be matched, and a shortened form of the address for operators.
 */
export interface RedactedRecipient {
  /** The fingerprint of the recipient's email address. */
  readonly fingerprint: string;
  /** A shortened form of the email address by which operators recognise it, for example `a…@example.com`. */
  readonly hint: string;
}

/** A report about a mail after it was sent. */
export interface DeliveryReport {
  readonly state: ReportedDeliveryState;
  readonly at: Date;
  /** Where the report came from: `mail`, `ses` or `postmark`. */
  readonly source: string;
  /** The enhanced status code (RFC 3463) of a bounce, if the report had one. */
  readonly status?: string;
}

/** A delivery that a process has claimed, under a lease. */
export interface ClaimedDelivery extends NewDelivery {
  /** The number of previous attempts to send the mail that count towards the backoff. */
  readonly tries: number;
}

/** Which mails of an account an event supersedes: mails with a link of one purpose, or all mails. */
export type SupersededMailKind = LinkPurpose | 'everything';

/**
 * A rule that stops mails of one kind to one account or mailing: those that were caused by events with lower
 * sequences than `before`. The store never deletes a cutoff, and never decreases `before`. Events may
 * therefore arrive late or repeatedly: a superseded mail is still never sent, and a later mail is never
 * canceled by mistake.
 */
export interface MailCutoff {
  /** The id of the account or mailing to which the cutoff applies. */
  readonly subject: string;
  readonly what: SupersededMailKind;
  /**
   * The sequence from which on mails are allowed again. Mails of this kind are stopped if their event has a
   * lower sequence.
   */
  readonly before: number;
}

/**
 * The deliveries and cutoffs that follow from some events. `DeliveryStore.record` stores all of them; once
 * its promise resolves, they are durable.
 */
export interface DeliveriesAndCutoffs {
  readonly deliveries: readonly NewDelivery[];
  readonly cutoffs: readonly MailCutoff[];
  /**
   * Whether deliveries past their `sendUntil` may be ended. False while the clock is not trusted. Default:
   * true.
   */
  readonly mayExpire?: boolean;
}

const MINUTE = 60_000;
const NOTICE_LIFE_MS = 72 * 60 * MINUTE;
const LINK_MARGIN_MS = 5 * MINUTE;

/**
 * Returns the instant until which a mail may be sent. A mail with a link may be sent until 5 minutes before
 * the link expires. If the link is valid for less than 10 minutes, its mail may be sent during the first half
 * of this time. A mail without a link may be sent until 72 hours after its event, so that a notifier that
 * reads old events again does not send old notices.
 */
export function computeSendDeadline(occurredAt: Date, link: SealedLink | undefined): Date {
  if (!link) return new Date(occurredAt.getTime() + NOTICE_LIFE_MS);
  const end = Date.parse(link.expiresAt);
  const life = Math.max(0, end - occurredAt.getTime());
  return new Date(end - Math.min(LINK_MARGIN_MS, life / 2));
}

/**
 * Returns whether a cutoff applies to a delivery, so that its mail must not be sent. An adapter may implement
 * the same rule as a query.
 */
export function isDeliveryStoppedByCutoff(
  cutoff: MailCutoff,
  delivery: Pick<NewDelivery, 'subject' | 'sequence' | 'purpose'>,
): boolean {
  return (
    cutoff.subject === delivery.subject &&
    delivery.sequence < cutoff.before &&
    (cutoff.what === 'everything' || cutoff.what === delivery.purpose)
  );
}
