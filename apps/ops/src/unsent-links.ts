/** Counts the links that are sealed to each key and that the notifier has not sent yet. */
import { type DeliveryOps, type RequiredDeliveryWithLink, sealingKeyIdOf } from '@latchkey/notifier/ops';
import type { JournalView } from '@latchkey/verify';

/**
 * Counts the sealed links that have not expired and whose mails have not been sent, for each key to which
 * links are sealed. Reads the whole journal.
 * @returns the number of links by the id of the key
 */
export async function countUnsentLinksByKey(
  journal: Pick<JournalView, 'streams'>,
  deliveries: Pick<DeliveryOps, 'find' | 'owedBy'>,
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const streams of journal.streams()) {
    const events = streams.flatMap((stream) => stream.events);
    for (const mail of events.flatMap(({ event }) => deliveries.owedBy(event))) {
      const kid = keyOfLink(mail, now);
      if (kid === undefined || !(await isUnsent(mail, deliveries))) continue;
      counts.set(kid, (counts.get(kid) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * Returns the id of the key to which a mail's link is sealed. Undefined if the mail has no link, or an
 * expired one.
 */
function keyOfLink({ link }: RequiredDeliveryWithLink, now: Date): string | undefined {
  if (link === undefined || Date.parse(link.expiresAt) <= now.getTime()) return undefined;
  return sealingKeyIdOf(link.sealed);
}

/**
 * Returns whether a mail has not been sent. A mail without a delivery counts as unsent: its event has not
 * reached the notifier yet.
 */
async function isUnsent(
  { id }: RequiredDeliveryWithLink,
  deliveries: Pick<DeliveryOps, 'find'>,
): Promise<boolean> {
  return (await deliveries.find(id))?.endedAt === undefined;
}
