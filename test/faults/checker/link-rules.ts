/** Rules about mailed links: none works after its time. */
import type { CommandLine } from '../run-folder.ts';
import { type CommandContext, isAcknowledged } from './commands.ts';
import type { JournalEvent } from './journal.ts';
import { type Violation, violationsOf } from './report.ts';
import type { EventData, SealedLink } from './stored.ts';

/** The maximum difference between the clocks of two processes, in ms. */
const SKEW_MS = 120_000;

/** For each operation that needs a link, where events contain such a link. */
const LINKS: Readonly<Record<string, (data: EventData) => SealedLink | undefined>> = {
  verify: ({ verification }) => verification,
  reset: ({ reset }) => reset,
  'confirm-email': ({ person }) => person?.confirmation,
  // Both the change of the address and the request of an erasure have a link of this name.
  'undo-email': ({ person }) => (person?.previousEmail === undefined ? undefined : person.undo),
  'keep-account': ({ eraseAt, person }) => (eraseAt === undefined ? undefined : person?.undo),
};

/**
 * Checks that no link was accepted after its time. The history does not show which event a link belongs to, so a link may
 * work as long as the newest link of its kind that the account had when the command was sent.
 */
export function checkLinks({ journal, history }: CommandContext): readonly Violation[] {
  return history.filter(isAcknowledged).flatMap((command) => {
    const linkIn = LINKS[command.op];
    if (linkIn === undefined) return [];
    const events = journal.events.get(String(command.request['accountId'])) ?? [];
    const until = lastExpiry(events, command, linkIn);
    return until !== undefined && Date.parse(command.sentAt) > until + SKEW_MS
      ? violationsOf(
          'links',
          `${command.op} ${command.id} was accepted after ${new Date(until).toISOString()}`,
        )
      : [];
  });
}

/** Returns when the last link that was issued before a command expires, in ms since 1970. */
function lastExpiry(
  events: readonly JournalEvent[],
  { answeredAt }: CommandLine,
  linkIn: (data: EventData) => SealedLink | undefined,
): number | undefined {
  const ends = events
    .filter(({ time }) => Date.parse(time) <= Date.parse(answeredAt ?? '') + SKEW_MS)
    .flatMap(({ data }) => linkIn(data)?.expiresAt ?? [])
    .map((at) => Date.parse(at));
  return ends.length === 0 ? undefined : Math.max(...ends);
}
