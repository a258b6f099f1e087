import type { Parked } from '@latchkey/consumer';
import { ACCOUNTS_TOPIC } from '@latchkey/events';

/** The mark of a parked account as it is stored: the marks of release 0.1 contain neither topic nor reason. */
export type StoredParkedMark = Omit<Parked, 'topic' | 'reason'> & Partial<Pick<Parked, 'topic' | 'reason'>>;

/**
 * Completes the stored mark of a parked account. A mark without a reason waits for an operator, like the mark of an
 * unreadable record.
 */
export function completeParkedMark(mark: StoredParkedMark): Parked {
  return { topic: ACCOUNTS_TOPIC, reason: 'unreadable', ...mark };
}
