/** Which points of limits a process that was killed has not given back. */
import type { CommandLine, FaultLine } from '../run-folder.ts';
import { isAcknowledged } from './commands.ts';
import { hasFaultDuring } from './faults.ts';
import { ANSWERERS } from './journal-rules.ts';
import { limits } from './limits.ts';

/** The faults that end a process without letting it give back points. */
const ENDS: ReadonlySet<string> = new Set(['kill-auth', 'kill-standalone', 'ended-by-itself']);

/**
 * Returns a function that tells whether the points of a command that was answered 5xx may not have been given back. While
 * the store fails, a process remembers the points, and gives them back before it takes others. If the process is killed
 * before that, they count.
 */
export function createForgottenRefund(history: readonly CommandLine[], faults: readonly FaultLine[]) {
  const ends = faults.filter(({ fault }) => ENDS.has(fault));
  const limited = new Set(limits.flatMap(({ ops }) => ops));
  const succeeded = Map.groupBy(
    history.filter((each) => limited.has(each.op) && isAcknowledged(each)),
    ({ by }) => by,
  );

  /** Returns by when the process has taken other points, in ms since 1970: when a later command of it has succeeded. */
  function refundedBy({ by, answeredAt }: CommandLine): number {
    if (by === null) return Date.parse(answeredAt ?? '');
    const later = (succeeded.get(by) ?? [])
      .filter(({ sentAt }) => sentAt >= (answeredAt ?? ''))
      .map((each) => Date.parse(each.answeredAt ?? ''));
    return Math.min(...later, Number.POSITIVE_INFINITY);
  }

  return (command: CommandLine): boolean => {
    const { status, sentAt, by } = command;
    if (status === null || status < 500) return false;
    const span = { from: Date.parse(sentAt), to: refundedBy(command) };
    return hasFaultDuring(ends, span, by === null ? ANSWERERS : [by]);
  };
}
