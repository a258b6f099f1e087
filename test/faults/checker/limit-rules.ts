/** Rules about rate limits. A request that was refused, or answered with 5xx, must not count. */
import type { CommandLine, FaultLine } from '../run-folder.ts';
import { claimsOf } from './access-token.ts';
import { type CommandContext, isAcknowledged, normaliseAddress } from './commands.ts';
import { hasFaultDuring } from './faults.ts';
import { ANSWERERS } from './journal-rules.ts';
import { type Violation, violationsOf } from './report.ts';

const TOO_MANY = 429;

interface Limit {
  /** The name of the setting that contains the limit. */
  readonly setting: string;
  /** Returns the key under which a command is counted. */
  keyOf(command: CommandLine): string;
  /** Whether every accepted command counts. Requests for mails are accepted over the limit, too. */
  readonly isStrict?: true;
}

function byAddress(purpose: string): Limit {
  return {
    setting: 'LIMIT_MAILS_PER_ADDRESS',
    keyOf: ({ request }) => `${purpose} ${normaliseAddress(request['email'])}`,
  };
}

const LIMITS: Readonly<Record<string, Limit>> = {
  'sign-up': byAddress('sign-up'),
  'verification-request': byAddress('verification-request'),
  'reset-request': byAddress('reset-request'),
  profile: {
    setting: 'LIMIT_PROFILE_CHANGES',
    keyOf: ({ accessToken }) => `profile ${claimsOf(accessToken)?.sub}`,
    isStrict: true,
  },
};

/**
 * Checks that a command was refused only if its limit was reached, that no command was refused if limits are off, and
 * that no more commands were accepted than a limit allows.
 */
export function checkLimits(
  { history, settings }: CommandContext,
  faults: readonly FaultLine[],
): readonly Violation[] {
  const isForgotten = createForgottenRefund(history, faults);
  const limited = history.filter(({ op }) => LIMITS[op] !== undefined);
  const together = Map.groupBy(limited, (command) => LIMITS[command.op]?.keyOf(command) ?? '');
  function limitOf({ setting }: Limit): number {
    return settings['LIMITS'] === 'off' ? Number.POSITIVE_INFINITY : Number(settings[setting] ?? 1);
  }

  const refused = limited
    .filter(({ status }) => status === TOO_MANY)
    .flatMap((command) => {
      const { op, id, answeredAt } = command;
      const rule = LIMITS[op];
      if (rule === undefined) return [];
      const counted = (together.get(rule.keyOf(command)) ?? []).filter(
        (each) => each.sentAt <= (answeredAt ?? '') && (mayCount(each) || isForgotten(each)),
      ).length;
      const limit = limitOf(rule);
      return counted >= limit
        ? []
        : violationsOf(
            'limits',
            `${op} ${id} was refused after ${counted} that count, the limit is ${limit}`,
          );
    });

  // A run is shorter than the window of a limit, so everything is in one window.
  const exceeded = [...together.values()].flatMap((commands) => {
    const [first] = commands;
    const rule = LIMITS[first?.op ?? ''];
    if (first === undefined || rule?.isStrict !== true || settings[rule.setting] === undefined) return [];
    const accepted = commands.filter(isAcknowledged).length;
    // Points whose count was not confirmed are given back, although the store may not have counted them.
    const unconfirmed = commands.filter(({ status }) => status === null || status >= 500).length;
    const limit = limitOf(rule);
    return accepted <= limit + unconfirmed
      ? []
      : violationsOf('limits', `${accepted} ${first.op} were accepted for one key, the limit is ${limit}`);
  });
  return [...refused, ...exceeded];
}

/** Returns whether the limit may have counted a command. If there was no response, this is unknown. */
function mayCount({ status }: CommandLine): boolean {
  return status === null || (status < 500 && status !== TOO_MANY);
}

/** The faults that end a process without letting it give back points. */
const ENDS: ReadonlySet<string> = new Set(['kill-auth', 'kill-standalone', 'ended-by-itself']);

/**
 * Returns a function that tells whether the points of a command that was answered 5xx may not have been given back. While
 * the store fails, a process remembers the points, and gives them back before it takes others. If the process is killed
 * before that, they count.
 */
function createForgottenRefund(history: readonly CommandLine[], faults: readonly FaultLine[]) {
  const ends = faults.filter(({ fault }) => ENDS.has(fault));
  const succeeded = Map.groupBy(
    history.filter((each) => LIMITS[each.op] !== undefined && mayCount(each) && each.answeredAt !== null),
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
