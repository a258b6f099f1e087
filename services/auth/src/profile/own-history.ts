/** The history that the owner of an account sees: its events, sign-ins and attempts, and exports of its data. */
import { decodeSecurityEvent, type SecurityEvent } from '@latchkey/events';
import type { UseCaseDeps } from '../deps.ts';
import type { AuditEntry } from '../ports/audit-log.ts';
import { accountHistory, type HistoryEntry, type HistoryPosition } from './history.ts';

/**
 * The events of the audit log that a person sees in the history of the account: sign-ins, attempts to sign in, and
 * exports of the account's data.
 */
export type SignIn = Extract<
  SecurityEvent,
  { readonly type: 'LoginSucceeded' | 'LoginFailed' | 'LoginLocked' | 'DataExported' }
>;

export type OwnHistoryEntry = HistoryEntry | SignIn;

/** How far both lists were read: the position of the last fact, and the id of the last sign-in. */
export interface OwnHistoryPosition extends HistoryPosition {
  readonly signIn: string;
}

export interface OwnHistoryPage {
  readonly entries: readonly OwnHistoryEntry[];
  /** The position of the last entry, if there are more. */
  readonly next?: OwnHistoryPosition;
}

const START: OwnHistoryPosition = { number: 0, sequence: 0, signIn: '' };

/** Returns a page of the facts of an account and of its sign-ins, merged by time, oldest first. */
export async function ownHistory(
  { journal, auditLog }: Pick<UseCaseDeps, 'journal' | 'auditLog'>,
  userId: string,
  { limit, after = START }: { readonly limit: number; readonly after?: OwnHistoryPosition | undefined },
): Promise<OwnHistoryPage> {
  // Reads one more entry of each list, to find out whether there are more.
  const [facts, signIns] = await Promise.all([
    accountHistory({ journal }, userId, {
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
  /** The entry; undefined for a sign-in that this build cannot read. */
  readonly entry: OwnHistoryEntry | undefined;
  readonly place: OwnHistoryPosition;
}

/** Merges two lists by time. The order within each list is kept, even if a clock was changed meanwhile. */
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

function signInOf({ headers, value }: AuditEntry): SignIn | undefined {
  const event = decodeSecurityEvent({ headers, value: Buffer.from(value) });
  return event !== undefined && isSignIn(event) ? event : undefined;
}

function isSignIn(event: SecurityEvent): event is SignIn {
  return (
    event.type === 'LoginSucceeded' ||
    event.type === 'LoginFailed' ||
    event.type === 'LoginLocked' ||
    event.type === 'DataExported'
  );
}
