import type { SealedContent } from '@latchkey/events';
import type { NewDelivery } from '../delivery/delivery.ts';

/**
 * Returns whether a sealed link belongs to the event that contains it. Without this check, an attacker who
 * can write to the topic could put a victim's sealed link into an event of their own, so that the link is
 * mailed to the attacker.
 */
export function isSealedLinkOfEvent(
  content: SealedContent,
  delivery: Pick<NewDelivery, 'subject' | 'content'>,
): boolean {
  const { link, to } = delivery.content;
  return (
    link !== undefined &&
    content.userId === delivery.subject &&
    content.to === to &&
    content.purpose === link.purpose &&
    Date.parse(content.expiresAt) === Date.parse(link.expiresAt)
  );
}
