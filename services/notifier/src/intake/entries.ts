/**
 * Derives the deliveries that must be stored for an event, and the cutoffs, which are rules against older
 * mails of the account. Pure.
 */
import type { LatchkeyEvent } from '@latchkey/events';
import { computeSendDeadline, type DeliveriesAndCutoffs, type NewDelivery } from '../delivery/delivery.ts';
import { computeDeliveryId } from './delivery-id.ts';
import { decideMailReaction, type MailReaction, type RequiredMail } from './reactions.ts';

function toDelivery(event: LatchkeyEvent, { mail, locale, content }: RequiredMail): NewDelivery {
  const occurredAt = new Date(event.time);
  const { to, link } = content;
  return {
    id: computeDeliveryId(event.id, mail, to),
    eventId: event.id,
    subject: event.subject,
    sequence: event.sequence,
    mail,
    locale,
    correlationId: event.correlationId,
    occurredAt,
    sendUntil: computeSendDeadline(occurredAt, link),
    ...(link && { purpose: link.purpose }),
    content,
  };
}

/** Returns the deliveries that an event requires, and its cutoffs, which cancel the mails of earlier events. */
export function computeDeliveriesAndCutoffs(
  event: LatchkeyEvent,
): DeliveriesAndCutoffs & Pick<MailReaction, 'erased'> {
  const { mails, supersedes, erased } = decideMailReaction(event);
  // The first event of an account has no earlier mails to supersede.
  const cutoffs = event.sequence > 1 ? supersedes : [];
  return {
    deliveries: mails.map((mail) => toDelivery(event, mail)),
    cutoffs: cutoffs.map((what) => ({ subject: event.subject, what, before: event.sequence })),
    erased,
  };
}
