/** Rules about rate limits. A request that was refused by a limit, or answered with 5xx, must not count. */
import type { FaultLine, HistoryLine } from '../run-folder.ts';
import { type CommandCheckContext, isAcknowledged } from './commands.ts';
import { createLostRefundPredicate } from './limit-refunds.ts';
import { computeLimitResets, type LimitResets, UNBOUNDED_TIME_SPAN } from './limit-resets.ts';
import {
  type AddressIndex,
  indexAddresses,
  type RateLimit,
  rateLimits,
  TOO_MANY_REQUESTS,
} from './limits.ts';
import { createViolations, type Violation } from './report.ts';

/** A rate limit, and the commands that it may have counted. */
interface Count {
  readonly limit: RateLimit;
  /** The number of requests that the limit allows, as the settings of the run state it. */
  readonly points: number;
  /**
   * Maps each key of the limit (such as an address) to the commands that the limit may count under it. A
   * command may have several keys.
   */
  readonly byKey: ReadonlyMap<string, readonly HistoryLine[]>;
}

/**
 * Checks that a command was refused only if one of its limits was reached, that no command was refused if limits are
 * off, and that no more commands were accepted than a limit allows.
 */
export function checkLimits(
  { journal, history, settings }: CommandCheckContext,
  faults: readonly FaultLine[],
): readonly Violation[] {
  const book = indexAddresses(journal);
  const isOff = settings['LIMITS'] === 'off';
  const counts = rateLimits.map(
    (limit): Count => ({
      limit,
      points: Number(settings[limit.setting] ?? 1),
      byKey: groupByKey(limit, history, book),
    }),
  );
  const resets = computeLimitResets({ journal, history }, faults);
  return [
    ...checkRefusals({ counts, history, book, resets, isOff }, createLostRefundPredicate(history, faults)),
    ...counts
      .filter(({ limit: { isStrict, setting } }) => isStrict === true && settings[setting] !== undefined)
      .flatMap((count) => checkAccepted(count, resets)),
  ];
}

function groupByKey(
  limit: RateLimit,
  history: readonly HistoryLine[],
  book: AddressIndex,
): ReadonlyMap<string, readonly HistoryLine[]> {
  const pairs = history
    .filter(({ op }) => limit.ops.includes(op))
    .flatMap((command) => limit.keysOf(command, book).map((key) => ({ key, command })));
  return new Map(
    Array.from(
      Map.groupBy(pairs, ({ key }) => key),
      ([key, its]) => [key, its.map(({ command }) => command)],
    ),
  );
}

interface RefusalContext {
  readonly counts: readonly Count[];
  readonly history: readonly HistoryLine[];
  readonly book: AddressIndex;
  readonly resets: LimitResets;
  readonly isOff: boolean;
}

function checkRefusals(
  { counts, history, book, resets, isOff }: RefusalContext,
  isRefundLost: (command: HistoryLine) => boolean,
): readonly Violation[] {
  return history
    .filter(({ status }) => status === TOO_MANY_REQUESTS)
    .flatMap((refused) => {
      if (isOff)
        return createViolations('limits', `${refused.op} ${refused.id} was refused although limits are off`);
      const its = counts.filter(({ limit }) => limit.ops.includes(refused.op));
      const reached = its.flatMap(({ limit, points, byKey }) =>
        limit.keysOf(refused, book).map((key) => {
          const startedAt = limit.startsAgain ? resets.lastBefore(key, refused) : undefined;
          const counted = (byKey.get(key) ?? []).filter(
            (each) =>
              each.sentAt <= (refused.answeredAt ?? '') &&
              !isOver(each, startedAt) &&
              (mayCount(limit, each, refused) || isRefundLost(each)),
          ).length;
          return { counted, points, setting: limit.setting };
        }),
      );
      if (its.length === 0 || reached.some(({ counted, points }) => counted >= points)) return [];
      const found = reached.map(({ counted, points, setting }) => `${counted} of ${points} (${setting})`);
      return createViolations('limits', `${refused.op} ${refused.id} was refused after ${found.join(', ')}`);
    });
}

/**
 * Returns whether a limit may have counted `command` before it refused the command `refused`. If a command
 * got no response, it is unknown whether it was counted.
 */
function mayCount(limit: RateLimit, command: HistoryLine, refused: HistoryLine): boolean {
  const { status, sentAt, answeredAt } = command;
  if (status === null) return true;
  if (limit.isHeldMeanwhile && sentAt <= (refused.answeredAt ?? '') && (answeredAt ?? '') >= refused.sentAt)
    return command !== refused;
  if (isAcknowledged(command)) return limit.isHeldMeanwhile !== true;
  return status < 500 && status !== TOO_MANY_REQUESTS && limit.mayCountRefused(command);
}

/**
 * Checks that no more commands were accepted than the limit allows. A run is shorter than the time window of
 * any limit, so the whole run is one window, unless the count was reset.
 */
function checkAccepted({ limit, points, byKey }: Count, resets: LimitResets): readonly Violation[] {
  return [...byKey].flatMap(([key, commands]) => {
    // If the store fails, auth refunds a request even if the store has not counted it. The limit therefore
    // allows one more command for each failure of the store.
    const unconfirmed = commands.filter(({ status }) => status === null || status >= 500).length;
    return (limit.startsAgain ? resets.spansBetween(key) : [UNBOUNDED_TIME_SPAN]).flatMap(({ from, to }) => {
      const accepted = commands.filter(
        (command) =>
          isAcknowledged(command) &&
          Date.parse(command.sentAt) >= from &&
          Date.parse(command.answeredAt ?? '') <= to,
      ).length;
      return accepted <= points + unconfirmed
        ? []
        : createViolations(
            'limits',
            `${accepted} ${limit.ops[0]} were accepted for ${key}, ${limit.setting} is ${points}`,
          );
    });
  });
}

/** Returns whether a command was answered before the count was reset, so that it no longer counts. */
function isOver({ answeredAt }: HistoryLine, startedAt: number | undefined): boolean {
  return startedAt !== undefined && answeredAt !== null && Date.parse(answeredAt) <= startedAt;
}
