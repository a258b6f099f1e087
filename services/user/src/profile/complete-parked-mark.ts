import type { Parked } from '@latchkey/consumer';
import { ACCOUNTS_TOPIC } from '@latchkey/events';

/**
 * The mark of a parked account as the store contains it. In the marks of release 0.1, topic and reason are
 * missing.
 */
export type StoredParkedMark = Omit<Parked, 'topic' | 'reason'> & Partial<Pick<Parked, 'topic' | 'reason'>>;

/**
 * Adds the topic and the reason to the mark of a parked account that release 0.1 stored. The reason becomes
 * `unreadable`, so that the account waits until an operator retries it.
 */
export function fillInParkedMark(mark: StoredParkedMark): Parked {
  return { topic: ACCOUNTS_TOPIC, reason: 'unreadable', ...mark };
}
