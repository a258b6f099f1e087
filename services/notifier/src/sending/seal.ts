/** What a sealed link must say to be sent. */
import type { SealedContent } from '@latchkey/events';
import type { NewDelivery } from '../delivery/delivery.ts';

/**
 * Whether a sealed link belongs to the event that carried it. Whoever can write to the topic could otherwise
 * put a victim's sealed link into an event of his own and have it mailed to himself.
 */
export function belongsTo(
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
