/** Rules about mailed links: no link may work after it has expired. */
import type { HistoryLine } from '../run-folder.ts';
import { type CommandCheckContext, isAcknowledged } from './commands.ts';
import type { JournalEvent } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { EventData, SealedLink } from './stored.ts';

/** The maximum difference between the clocks of two processes, in ms. */
const SKEW_MS = 120_000;

/**
 * Maps each operation that needs a link to a function that returns the required link from the data of an
 * event.
 */
const LINKS: Readonly<Record<string, (data: EventData) => SealedLink | undefined>> = {
  verify: ({ verification }) => verification,
  reset: ({ reset }) => reset,
  'confirm-email': ({ person }) => person?.confirmation,
  // `undo` is a link in two kinds of events, which their other fields tell apart: `previousEmail` belongs to
  // a change of the address, and `eraseAt` to a request for an erasure.
  'undo-email': ({ person }) => (person?.previousEmail === undefined ? undefined : person.undo),
  'keep-account': ({ eraseAt, person }) => (eraseAt === undefined ? undefined : person?.undo),
};

/**
 * Checks that no expired link was accepted. The history does not show which event issued the link of a
 * command. Therefore this rule reports a command only if all links of this kind that the account had at that
 * time had expired.
 */
export function checkLinkExpiry({ journal, history }: CommandCheckContext): readonly Violation[] {
  return history.filter(isAcknowledged).flatMap((command) => {
    const linkIn = LINKS[command.op];
    if (linkIn === undefined) return [];
    const events = journal.events.get(String(command.request['accountId'])) ?? [];
    const until = lastExpiry(events, command, linkIn);
    return until !== undefined && Date.parse(command.sentAt) > until + SKEW_MS
      ? createViolations(
          'links',
          `${command.op} ${command.id} was accepted after ${new Date(until).toISOString()}`,
        )
      : [];
  });
}

/** Returns the latest expiry of the links that were issued before the response to a command, in ms since 1970. */
function lastExpiry(
  events: readonly JournalEvent[],
  { answeredAt }: HistoryLine,
  linkIn: (data: EventData) => SealedLink | undefined,
): number | undefined {
  const ends = events
    .filter(({ time }) => Date.parse(time) <= Date.parse(answeredAt ?? '') + SKEW_MS)
    .flatMap(({ data }) => linkIn(data)?.expiresAt ?? [])
    .map((at) => Date.parse(at));
  return ends.length === 0 ? undefined : Math.max(...ends);
}
