/** The history that owners see of their account: its events, sign-ins, sign-in attempts, and data exports. */
import { decodeSecurityEvent, type SecurityEvent } from '@latchkey/events';
import type { UseCaseDeps } from '../deps.ts';
import type { AuditEntry } from '../ports/audit-log.ts';
import { type HistoryEntry, type HistoryPosition, readAccountHistory } from './history.ts';

/**
 * The security events that owners see in the history of their account: sign-ins, sign-in attempts, and data
 * exports.
 */
export type OwnerVisibleSecurityEvent = Extract<
  SecurityEvent,
  { readonly type: 'LoginSucceeded' | 'LoginFailed' | 'LoginLocked' | 'DataExported' }
>;

export type OwnHistoryEntry = HistoryEntry | OwnerVisibleSecurityEvent;

/**
 * The position of an entry in the history of an account, which merges the account events and the security
 * events by time. The position says how far each of the two lists was read: up to which account event, and up
 * to which security event (`signIn`, its id).
 */
export interface OwnHistoryPosition extends HistoryPosition {
  readonly signIn: string;
}

export interface OwnHistoryPage {
  readonly entries: readonly OwnHistoryEntry[];
  /** The position of the page's last entry; undefined if the page is the last one. */
  readonly next?: OwnHistoryPosition;
}

const START: OwnHistoryPosition = { number: 0, sequence: 0, signIn: '' };

/** Returns a page of an account's events and sign-ins, merged by time, oldest first. */
export async function readOwnHistory(
  { journal, auditLog }: Pick<UseCaseDeps, 'journal' | 'auditLog'>,
  userId: string,
  { limit, after = START }: { readonly limit: number; readonly after?: OwnHistoryPosition | undefined },
): Promise<OwnHistoryPage> {
  // Read one more entry than needed from each list, to find out whether there is another page.
  const [facts, signIns] = await Promise.all([
    readAccountHistory({ journal }, userId, {
      limit: limit + 1,
      after: after.sequence === 0 ? undefined : after,
    }),
    auditLog.ofAccount(userId, { after: after.signIn, limit: limit + 1 }),
  ]);
  const steps = mergedByTime(facts.entries, signIns, after)
    .take(limit + 1)
    .toArray();
  const page = steps.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.flatMap(({ entry }) => entry ?? []),
    ...(last && steps.length > limit && { next: last.place }),
  };
}

interface Step {
  /** The entry of the history; undefined if it is a security event that this build cannot decode. */
  readonly entry: OwnHistoryEntry | undefined;
  readonly place: OwnHistoryPosition;
}

/**
 * Merges two lists of entries by time. Keeps the order within each list, even if its times are not ascending
 * because a clock was adjusted.
 */
function* mergedByTime(
  facts: readonly HistoryEntry[],
  signIns: readonly AuditEntry[],
  after: OwnHistoryPosition,
): Generator<Step> {
  let place = after;
  const [factsLeft, signInsLeft] = [[...facts], [...signIns]];
  for (;;) {
    const [fact, signIn] = [factsLeft[0], signInsLeft[0]];
    if (fact !== undefined && (signIn === undefined || fact.at <= signIn.time)) {
      factsLeft.shift();
      place = { ...place, number: fact.number, sequence: fact.sequence };
      yield { entry: fact, place };
    } else if (signIn !== undefined) {
      signInsLeft.shift();
      place = { ...place, signIn: signIn.id };
      yield { entry: signInOf(signIn), place };
    } else return;
  }
}

function signInOf({ headers, value }: AuditEntry): OwnerVisibleSecurityEvent | undefined {
  const event = decodeSecurityEvent({ headers, value: Buffer.from(value) });
  return event !== undefined && isSignIn(event) ? event : undefined;
}

function isSignIn(event: SecurityEvent): event is OwnerVisibleSecurityEvent {
  return (
    event.type === 'LoginSucceeded' ||
    event.type === 'LoginFailed' ||
    event.type === 'LoginLocked' ||
    event.type === 'DataExported'
  );
}
