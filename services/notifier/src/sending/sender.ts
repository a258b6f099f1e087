/** Makes one attempt to send a mail: decrypts the link, renders the mail and sends it. */
import type { SealedContent } from '@latchkey/events';
import { type DeliveryAttemptResult, isBeforeSendDeadline } from '../delivery/attempt.ts';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import type { RenderMail } from '../mails/render.ts';
import type { DecryptSealedLink } from '../ports/decrypter.ts';
import type { Mailer, SendMailOptions } from '../ports/mailer.ts';
import type { SuppressionStore } from '../ports/suppressions.ts';
import { computeAddressFingerprint } from '../recipient.ts';
import { isSealedLinkOfEvent } from './seal.ts';

export interface DeliverySenderDeps {
  readonly open: DecryptSealedLink;
  readonly render: RenderMail;
  readonly mailer: Mailer;
  readonly suppressions: Pick<SuppressionStore, 'find'>;
  now(): Date;
  /**
   * Returns whether the sender may mark deliveries as expired once their `sendUntil` has passed. Must return
   * false while the process does not trust its clock. Default: always true.
   */
  mayExpire?(): boolean;
}

/** Makes one attempt to send the mail of a claimed delivery. */
export type AttemptDelivery = (
  delivery: ClaimedDelivery,
  options: SendMailOptions,
) => Promise<DeliveryAttemptResult>;

type Unsealed = { readonly kind: 'none' } | { readonly kind: 'opened'; readonly content: SealedContent };

export function createDeliverySender({
  open,
  render,
  mailer,
  suppressions,
  now,
  mayExpire = () => true,
}: DeliverySenderDeps): AttemptDelivery {
  async function unseal(delivery: ClaimedDelivery): Promise<Unsealed | DeliveryAttemptResult> {
    const { link } = delivery.content;
    if (!link) return { kind: 'none' };
    const opened = await open(link.sealed);
    if (opened.kind !== 'opened') return opened;
    return isSealedLinkOfEvent(opened.content, delivery) ? opened : { kind: 'mismatch' };
  }

  return async (delivery, options) => {
    if (!isBeforeSendDeadline(delivery, now())) return { kind: mayExpire() ? 'too-late' : 'withdrawn' };
    const suppression = await suppressions.find(
      computeAddressFingerprint(delivery.content.to),
      delivery.mail,
      now(),
    );
    if (suppression !== undefined) return { kind: 'suppressed', reason: suppression.reason };
    const unsealed = await unseal(delivery);
    if (unsealed.kind !== 'none' && unsealed.kind !== 'opened') return unsealed;
    const sealed = unsealed.kind === 'opened' ? unsealed.content : undefined;
    const rendered = await render(delivery, sealed, now());
    const mail = {
      ...rendered,
      id: delivery.id,
      to: sealed?.to ?? delivery.content.to,
      correlationId: delivery.correlationId,
      date: now(),
    };
    return mailer.send(mail, options);
  };
}
