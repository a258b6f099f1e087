/**
 * A delivery: one mail owed to one recipient because of one event.
 *
 *     pending ──claim──▶ claimed ──▶ sent        accepted by the mail server
 *        ▲                  │  ├───▶ failed      refused for good, or its link cannot be opened
 *        └──── retry ───────┘  │
 *     pending, or claimed and its lease over ──▶ expired     past `sendUntil`
 *                                            └─▶ cancelled   a later event superseded it, or an operator did
 *
 * `sent`, `failed`, `expired` and `cancelled` are final: such a delivery keeps its id, so that a repeated event
 * adds nothing, and its log of attempts, but no address, name or link.
 */
import type { LatchkeyEvent } from '@latchkey/events';
import { type MailName, type OwedMail, reactTo, type SealedLink, type Superseded } from '../reactions.ts';

export type OpenState = 'pending' | 'claimed';
export type FinalState = 'sent' | 'failed' | 'expired' | 'cancelled';
export type DeliveryState = OpenState | FinalState;
export const deliveryStates = [
  'pending',
  'claimed',
  'sent',
  'failed',
  'expired',
  'cancelled',
] as const satisfies readonly DeliveryState[];

/** What only an open delivery knows: personal data and the sealed link. */
export interface DeliveryContent {
  readonly to: string;
  readonly username?: string;
  readonly role?: string;
  readonly link?: SealedLink;
}

/** What one try came to; never a server's own words, which may name the recipient. */
export interface Attempt {
  readonly at: Date;
  /** How long it took, in ms. */
  readonly ms: number;
  readonly result: string;
  /** The SMTP reply code, where there was one. */
  readonly code?: number;
}

export interface NewDelivery {
  readonly id: string;
  readonly eventId: string;
  /** The account, or the mailing. */
  readonly subject: string;
  /** The event's sequence within its subject: what an earlier event supersedes never reaches a later one. */
  readonly sequence: number;
  readonly mail: MailName;
  readonly locale: string;
  readonly correlationId: string;
  readonly occurredAt: Date;
  /** Not sent any more from then on. */
  readonly sendUntil: Date;
  /** The kind of link, for cutoffs; it outlives the content. */
  readonly purpose?: SealedLink['purpose'];
  readonly content: DeliveryContent;
}

/** A delivery in somebody's hands. */
export interface ClaimedDelivery extends NewDelivery {
  /** Attempts made so far that count for the back-off. */
  readonly tries: number;
}

/**
 * "Of this subject, mails of this kind that events before this sequence asked for are not to be sent."
 * Cutoffs only ever rise and are kept, so neither a late nor a repeated event revives what is superseded,
 * and a repeated old one cannot reach what came after it.
 */
export interface Cutoff {
  readonly subject: string;
  readonly what: Superseded;
  readonly before: number;
}

/** What the store has to remember because of some events, in one durable write. */
export interface Batch {
  readonly deliveries: readonly NewDelivery[];
  readonly cutoffs: readonly Cutoff[];
}

const MINUTE = 60_000;
const NOTICE_LIFE_MS = 72 * 60 * MINUTE;
const LINK_MARGIN_MS = 5 * MINUTE;

/**
 * A link is of no use to who reads it as it dies: not sent in its last 5 minutes, or, where it lives for less
 * than 10, in the second half of its life. Other mails are news for 72 h, counted from the event's own time, so that
 * a new or moved store never mails old news.
 */
export function sendUntil(occurredAt: Date, link: SealedLink | undefined): Date {
  if (!link) return new Date(occurredAt.getTime() + NOTICE_LIFE_MS);
  const end = Date.parse(link.expiresAt);
  const life = Math.max(0, end - occurredAt.getTime());
  return new Date(end - Math.min(LINK_MARGIN_MS, life / 2));
}

/** The id of the delivery of one mail of one event to one recipient, the same each time. */
export type IdOf = (eventId: string, mail: MailName, to: string) => string;

function toDelivery(event: LatchkeyEvent, mail: OwedMail, idOf: IdOf): NewDelivery {
  const occurredAt = new Date(event.time);
  const { to, username, role, link } = mail;
  return {
    id: idOf(event.id, mail.mail, to),
    eventId: event.id,
    subject: event.subject,
    sequence: event.sequence,
    mail: mail.mail,
    locale: mail.locale,
    correlationId: event.correlationId,
    occurredAt,
    sendUntil: sendUntil(occurredAt, link),
    ...(link && { purpose: link.purpose }),
    content: {
      to,
      ...(username !== undefined && { username }),
      ...(role !== undefined && { role }),
      ...(link && { link }),
    },
  };
}

/** The deliveries and cutoffs of one event. */
export function entriesFor(event: LatchkeyEvent, idOf: IdOf): Batch & { readonly erased: boolean } {
  const { mails, supersedes, erased } = reactTo(event);
  // Nothing comes before the first event of an account.
  const cutoffs = event.sequence > 1 ? supersedes : [];
  return {
    deliveries: mails.map((mail) => toDelivery(event, mail, idOf)),
    cutoffs: cutoffs.map((what) => ({ subject: event.subject, what, before: event.sequence })),
    erased,
  };
}

/** Whether a cutoff reaches a delivery. Adapters that can only ask a database say the same in its language. */
export function covers(
  cutoff: Cutoff,
  delivery: Pick<NewDelivery, 'subject' | 'sequence' | 'purpose'>,
): boolean {
  return (
    cutoff.subject === delivery.subject &&
    delivery.sequence < cutoff.before &&
    (cutoff.what === 'everything' || cutoff.what === delivery.purpose)
  );
}
