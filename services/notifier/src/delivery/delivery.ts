/**
 * A delivery: one mail owed to one recipient because of one event.
 *
 *     pending ──claim──▶ claimed ──▶ sent        accepted by the mail server
 *        ▲                  │  ├───▶ failed      permanently refused, or its link cannot be opened
 *        └──── retry ───────┘  └───▶ suppressed  its address gets no such mail
 *     pending, or claimed with an expired lease ──▶ expired     past `sendUntil`
 *                                               └─▶ cancelled   superseded by a later event, or by an operator
 *
 * `sent`, `failed`, `expired`, `cancelled` and `suppressed` are final. A final delivery keeps its id, so that a repeated event
 * adds nothing, and its log of attempts, but no address, name or link.
 */
import type { LinkPurpose, SealedToken } from '@latchkey/events';
import type { Failure } from './reply.ts';

export type OpenState = 'pending' | 'claimed';
export type FinalState = 'sent' | 'failed' | 'expired' | 'cancelled' | 'suppressed';
export type DeliveryState = OpenState | FinalState;
export const deliveryStates = [
  'pending',
  'claimed',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
] as const satisfies readonly DeliveryState[];

/** A link in transit: sealed, so that only the sender of the mail can read it. */
export interface SealedLink extends SealedToken {
  readonly purpose: LinkPurpose;
}

/** The part that only an open delivery has: personal data and the sealed link. */
export interface DeliveryContent {
  readonly to: string;
  readonly link?: SealedLink;
  /** The values of the mail's own variables. */
  readonly [variable: string]: unknown;
}

/** The result of one try. The server's words are masked, because they may name the recipient. */
export interface Attempt extends Partial<Failure> {
  readonly at: Date;
  /** How long it took, in ms. */
  readonly ms: number;
  readonly result: string;
}

export interface NewDelivery {
  readonly id: string;
  readonly eventId: string;
  /** Id of the account, or of the mailing. */
  readonly subject: string;
  /** The event's sequence within its subject. An event supersedes only mails of lower sequences. */
  readonly sequence: number;
  /** The name of the mail: `verify-email`. */
  readonly mail: string;
  readonly locale: string;
  readonly correlationId: string;
  readonly occurredAt: Date;
  /** Must not be sent from this instant on. */
  readonly sendUntil: Date;
  /** The purpose of its link, for cutoffs; kept after the content is deleted. */
  readonly purpose?: LinkPurpose;
  readonly content: DeliveryContent;
}

/** A delivery under a lease. */
export interface ClaimedDelivery extends NewDelivery {
  /** Previous attempts that count towards the backoff. */
  readonly tries: number;
}

/** The mails of an account that an event supersedes: those with a link of one purpose, or all of them. */
export type Superseded = LinkPurpose | 'everything';

/**
 * "Mails of this kind to this subject, requested by events before this sequence, must not be sent."
 * Cutoffs are kept and only ever rise, so neither a late nor a repeated event revives a superseded mail, and a
 * repeated old event never cancels a later one.
 */
export interface Cutoff {
  readonly subject: string;
  readonly what: Superseded;
  readonly before: number;
}

/** Everything that the store must persist for a set of events, in one durable write. */
export interface Batch {
  readonly deliveries: readonly NewDelivery[];
  readonly cutoffs: readonly Cutoff[];
}

const MINUTE = 60_000;
const NOTICE_LIFE_MS = 72 * 60 * MINUTE;
const LINK_MARGIN_MS = 5 * MINUTE;

/**
 * Returns until when a mail may be sent. A mail with a link: until 5 minutes before the link expires or, if the
 * link expires within 10 minutes, for the first half of its life. Any other mail: for 72 h from the event's own
 * time, so that a new or moved store never sends old notices.
 */
export function sendUntil(occurredAt: Date, link: SealedLink | undefined): Date {
  if (!link) return new Date(occurredAt.getTime() + NOTICE_LIFE_MS);
  const end = Date.parse(link.expiresAt);
  const life = Math.max(0, end - occurredAt.getTime());
  return new Date(end - Math.min(LINK_MARGIN_MS, life / 2));
}

/** Returns whether a cutoff applies to a delivery. An adapter may express the same rule as a query. */
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
