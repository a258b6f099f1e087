/** Finds rate-limit points that were never refunded, because the process that had to refund them was killed. */
import type { FaultLine, HistoryLine } from '../run-folder.ts';
import { isAcknowledged } from './commands.ts';
import { hasFaultDuring } from './faults.ts';
import { AUTH_PROCESS_NAMES } from './journal-rules.ts';
import { rateLimits } from './limits.ts';

/** The kinds of faults that end a process, which may then have had no time to refund rate-limit points. */
const ENDS: ReadonlySet<string> = new Set(['kill-auth', 'kill-standalone', 'ended-by-itself']);

/**
 * Returns a function that decides whether a command with a 5xx response may never have got its rate-limit
 * points back. While the store fails, a process keeps the refund in memory, and makes it before it takes
 * further points. If the process is killed before that, the refund is lost.
 */
export function createLostRefundPredicate(history: readonly HistoryLine[], faults: readonly FaultLine[]) {
  const ends = faults.filter(({ fault }) => ENDS.has(fault));
  const limited = new Set(rateLimits.flatMap(({ ops }) => ops));
  const succeeded = Map.groupBy(
    history.filter((each) => limited.has(each.op) && isAcknowledged(each)),
    ({ by }) => by,
  );

  /**
   * Returns the time by which the process must have made the refund, in ms since 1970: the response to the next command
   * that the process completed successfully.
   */
  function refundedBy({ by, answeredAt }: HistoryLine): number {
    if (by === null) return Date.parse(answeredAt ?? '');
    const later = (succeeded.get(by) ?? [])
      .filter(({ sentAt }) => sentAt >= (answeredAt ?? ''))
      .map((each) => Date.parse(each.answeredAt ?? ''));
    return Math.min(...later, Number.POSITIVE_INFINITY);
  }

  return (command: HistoryLine): boolean => {
    const { status, sentAt, by } = command;
    if (status === null || status < 500) return false;
    const span = { from: Date.parse(sentAt), to: refundedBy(command) };
    return hasFaultDuring(ends, span, by === null ? AUTH_PROCESS_NAMES : [by]);
  };
}
