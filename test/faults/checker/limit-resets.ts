/** Computes when the login limit of an account was reset: a new password resets the count of logins. */
import type { FaultLine, HistoryLine } from '../run-folder.ts';
import { type CommandCheckContext, indexCommandsById, isAcknowledged } from './commands.ts';
import { hasFaultDuring, STORE_FAULT_TARGETS } from './faults.ts';
import { AUTH_PROCESS_NAMES, MIN_STORE_TIMEOUT_MS } from './journal-rules.ts';

export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export const UNBOUNDED_TIME_SPAN: TimeSpan = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** The times at which a count was reset to zero, because the account got a new password. */
export interface LimitResets {
  /**
   * Returns the latest time before the given command at which the count was certainly reset, in ms since
   * 1970; undefined if it was not.
   */
  lastBefore(account: string, command: HistoryLine): number | undefined;
  /** Returns the time spans in which the count was certainly not reset. Each span is as long as possible. */
  spansBetween(account: string): readonly TimeSpan[];
}

/**
 * Computes when the login limit of each account was reset, from its password changes. The count of logins is
 * reset before the response to the password change. If the store failed, it is uncertain whether the count
 * was reset. If there was no response, the time of the reset is unknown.
 */
export function computeLimitResets(
  { journal, history }: Pick<CommandCheckContext, 'journal' | 'history'>,
  faults: readonly FaultLine[],
): LimitResets {
  const commands = indexCommandsById(history);

  function resetsOn(account: string): readonly (TimeSpan & { readonly isCertain: boolean })[] {
    return (journal.streams.get(account) ?? [])
      .filter(({ events }) => events.some(({ type }) => type === 'PasswordChanged'))
      .flatMap(({ correlationId }) => commands.get(correlationId) ?? [])
      .map((command) => {
        const { sentAt, answeredAt, by } = command;
        const from = Date.parse(sentAt);
        if (!isAcknowledged(command)) return { from, to: Number.POSITIVE_INFINITY, isCertain: false };
        const to = Date.parse(answeredAt ?? '');
        const mayBeGivenUp = by !== 'standalone' && to - from > MIN_STORE_TIMEOUT_MS;
        const isCertain =
          !mayBeGivenUp &&
          !hasFaultDuring(faults, { from, to }, [
            ...(by ? [by] : AUTH_PROCESS_NAMES),
            ...STORE_FAULT_TARGETS,
          ]);
        return { from, to, isCertain };
      })
      .toSorted((a, b) => a.from - b.from);
  }

  return {
    lastBefore: (account, { sentAt }) =>
      resetsOn(account).findLast(({ to, isCertain }) => isCertain && to <= Date.parse(sentAt))?.from,
    spansBetween: (account) => {
      const all = resetsOn(account);
      return [...all, undefined].map((next, index) => ({
        from: Math.max(UNBOUNDED_TIME_SPAN.from, ...all.slice(0, index).map(({ to }) => to)),
        to: next?.from ?? UNBOUNDED_TIME_SPAN.to,
      }));
    },
  };
}
