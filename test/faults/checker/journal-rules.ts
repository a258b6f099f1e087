/**
 * Rules about the journal itself: the numbers of commits, the events that a commit may contain, claims
 * (unique keys, such as an address, that commits hold), and the marks of pending sign-ups.
 */
import type { FaultLine, HistoryLine } from '../run-folder.ts';
import { type CommandCheckContext, indexCommandsById } from './commands.ts';
import { isErased } from './erasure-rules.ts';
import { hasFaultDuring, STORE_FAULT_TARGETS } from './faults.ts';
import { computeProfile } from './fold.ts';
import {
  getLastSequenceOfCommit,
  isMailing,
  type Journal,
  type JournalEvent,
  listEventsByAccount,
} from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { Commit } from './stored.ts';

/**
 * Checks that commits are numbered from 1 without gaps, and that each begins with the sequence after the previous one.
 */
export function checkCommitNumbering({ streams }: Journal): readonly Violation[] {
  return [...streams].flatMap(([stream, commits]) => {
    const at = commits.findIndex(
      (commit, index) => commit.number !== index + 1 || commit.sequence !== endOf(commits[index - 1]) + 1,
    );
    return at === -1
      ? []
      : createViolations(
          'numbering',
          `${stream}: commit ${at + 1} does not have the next number or sequence`,
        );
  });
}

function endOf(commit: Commit | undefined): number {
  return commit === undefined ? 0 : getLastSequenceOfCommit(commit);
}

/**
 * The combinations of event types that a commit may contain, as documented. For example, an event that ends
 * sessions is in the same commit as SessionsRevoked. The text in brackets is the `how` of PasswordChanged or
 * the reason of SessionsRevoked.
 */
const WHOLE: ReadonlySet<string> = new Set([
  'UserRegistered',
  'VerificationRequested',
  'AccountVerified',
  'RegistrationEnded SessionsRevoked(ended)',
  'PasswordResetRequested',
  'PasswordChanged(reset) SessionsRevoked(password-changed)',
  'PasswordChanged(change) SessionsRevoked(password-changed)',
  'PasswordChanged(first) AccountVerified SessionsRevoked(password-changed)',
  'PasswordRehashed',
  'ProfileChanged',
  'RoleChanged SessionsRevoked(role-changed)',
  'AccountDisabled SessionsRevoked(disabled)',
  'AccountEnabled',
  'AccountErasureRequested SessionsRevoked(disabled)',
  'AccountErasureCanceled',
  'AccountErasureCanceled AccountEnabled',
  'AccountErased',
  'EmailChangeRequested',
  'EmailChanged',
  'EmailChangeReverted PasswordChanged(reset) SessionsRevoked(password-changed)',
  'EmailChangeReverted AccountErasureCanceled PasswordChanged(reset) SessionsRevoked(password-changed)',
  'SessionsRevoked(logout-all)',
  'SessionsRevoked(refresh-reuse)',
  'SessionsRevoked(admin)',
  'OwnerAlerted',
  'MailRequested',
]);

/** Checks that each commit is one that a command can produce, and that each stream begins with a permitted event. */
export function checkEventCombinations({ streams, events }: Journal): readonly Violation[] {
  return [
    ...[...streams.values()].flat().flatMap((commit) => {
      const shape = commit.events.map(wordFor).join(' ');
      return WHOLE.has(shape)
        ? []
        : createViolations('whole commits', `${nameOf(commit)} is ${shape || 'empty'}`);
    }),
    ...[...events].flatMap(([stream, its]) => checkBeginning(stream, its)),
  ];
}

function nameOf({ stream, number }: Commit): string {
  return `commit ${number} of ${stream}`;
}

function wordFor({ type, data }: Pick<JournalEvent, 'type' | 'data'>): string {
  if (type === 'SessionsRevoked') return `${type}(${data.reason})`;
  return type === 'PasswordChanged' ? `${type}(${data.how})` : type;
}

function checkBeginning(stream: string, events: readonly JournalEvent[]): readonly Violation[] {
  const firsts = events.filter(({ type }) => type === 'UserRegistered' || type === 'MailRequested');
  const isRight =
    firsts.length === 1 && firsts[0] === events[0] && (!isMailing(events) || events.length === 1);
  return isRight
    ? []
    : createViolations(
        'whole commits',
        `${stream} begins with an event that no account or mailing begins with`,
      );
}

/**
 * Matches the claim of a commit that removes an admin. The claim contains a number, and no two commits can
 * have the same claim. Therefore two concurrent commits cannot remove the last two admins.
 */
const ADMIN_REMOVAL = /^admin-removal:\d+$/;

/**
 * Matches a claim that marks an address for release. An account marks an address when it no longer needs it,
 * and auth finds the addresses to release by these claims.
 */
const RELEASE = /^release:/;
/** Matches a claim that marks an address to be released immediately. */
const RELEASE_NOW = /^release:0:/;

/**
 * Checks the claims of commits. There are only three kinds:
 * - A commit that verifies an account or changes its address claims that address. The claim lasts as long as
 *   the account has the address or can get it back. An erased account claims no address.
 * - Only a commit that disables an account, requests its erasure or changes its role may have the claim of an
 *   admin removal.
 * - Only a commit that changes the address, or that undoes such a change, may mark an address for its
 *   release.
 *
 * An address that is to be released immediately is released before the response. If the process died or the
 * store failed before the release, the address stays claimed and marked until the next clean-up.
 */
export function checkAddressClaims(
  { journal, history }: Pick<CommandCheckContext, 'journal' | 'history'>,
  faults: readonly FaultLine[],
): readonly Violation[] {
  const isExcused = createFollowUpExcuse(history, faults);
  const excused = new Set(
    [...journal.events.values()]
      .flat()
      .filter((event) => MOVES.has(event.type) && hasUrgentRelease(event.commit) && isExcused(event))
      .map(({ commit }) => commit.stream),
  );
  const commits = [...journal.streams.values()].flat();
  const needed = new Map(listEventsByAccount(journal).map(([id, events]) => [id, neededBy(events)] as const));
  const holders = [...needed].flatMap(([id, addresses]) => addresses.map((address) => ({ id, address })));
  const firsts = new Map(listEventsByAccount(journal).map(([id, [first]]) => [id, first?.private?.address]));
  const wrong = commits.flatMap((commit) => {
    const held = commit.claims ?? [];
    const taken = takenBy(commit, firsts.get(commit.stream));
    const due = taken.filter((address) => needed.get(commit.stream)?.includes(address));
    const others = held.filter((claim) => !isBesideAddresses(commit, claim));
    if (isClaimOn(others, due) || (excused.has(commit.stream) && isClaimOn(others, taken))) return [];
    return createViolations(
      'claims',
      `${nameOf(commit)} holds ${held.length} claims, and not those that are due`,
    );
  });
  const shared = [...Map.groupBy(holders, ({ address }) => address).values()].filter((its) => its.length > 1);
  const removals = commits.flatMap(({ claims = [] }) => claims.filter((claim) => ADMIN_REMOVAL.test(claim)));
  const twice = removals.filter((claim, i) => removals.indexOf(claim) < i);
  const late = commits.filter((commit) => hasUrgentRelease(commit) && !excused.has(commit.stream));
  return [
    ...wrong,
    ...twice.flatMap((claim) => createViolations('claims', `two commits hold ${claim}`)),
    ...late.flatMap((commit) =>
      createViolations('claims', `${nameOf(commit)} is still marked for a release`),
    ),
    ...shared.flatMap((its) =>
      createViolations('claims', `one address belongs to several: ${its.map(({ id }) => id).join(', ')}`),
    ),
  ];
}

/** Returns whether a commit still marks an address that was to be released immediately. */
function hasUrgentRelease({ claims = [] }: Commit): boolean {
  return claims.some((claim) => RELEASE_NOW.test(claim));
}

function isClaimOn(claims: readonly string[], addresses: readonly string[]): boolean {
  return claims.join() === addresses.map((address) => `address:${address}`).join();
}

const REMOVES_ADMIN: ReadonlySet<string> = new Set([
  'AccountDisabled',
  'AccountErasureRequested',
  'RoleChanged',
]);
const MOVES: ReadonlySet<string> = new Set(['EmailChanged', 'EmailChangeReverted']);

function isBesideAddresses({ events }: Commit, claim: string): boolean {
  function has(types: ReadonlySet<string>): boolean {
    return events.some(({ type }) => types.has(type));
  }
  return (ADMIN_REMOVAL.test(claim) && has(REMOVES_ADMIN)) || (RELEASE.test(claim) && has(MOVES));
}

/**
 * Returns the addresses that become addresses of the account with a commit.
 * @param first the address of the sign-up
 */
function takenBy({ events }: Commit, first = ''): readonly string[] {
  return events.flatMap(({ type, private: kept }) => {
    if (type === 'AccountVerified') return [first];
    return type === 'EmailChanged' ? [kept?.address ?? ''] : [];
  });
}

/** Returns the verified addresses that the account still has or can get back. */
function neededBy(events: readonly JournalEvent[]): readonly string[] {
  if (isErased(events) || !events.some(({ type }) => type === 'AccountVerified')) return [];
  let address = events[0]?.private?.address ?? '';
  let previous: string | undefined;
  for (const { type, private: kept } of events) {
    if (type === 'EmailChanged') [previous, address] = [address, kept?.address ?? ''];
    else if (type === 'EmailChangeReverted') [previous, address] = [undefined, kept?.address ?? ''];
    else if (type === 'EmailChangeSettled') previous = undefined;
  }
  return previous === undefined ? [address] : [address, previous];
}

/** The names of the processes that may have executed a command which got no response. */
export const AUTH_PROCESS_NAMES: readonly string[] = ['auth-1', 'auth-2', 'standalone'];
/** The time within which auth does the follow-up work of a commit if no response waits for this work, in ms. */
const FOLLOW_UP_MS = 10_000;
/**
 * The minimum time until an operation on an unreachable store fails, in ms. On a busy machine, an operation
 * takes longer to fail (ARCHITECTURE.md).
 */
export const MIN_STORE_TIMEOUT_MS = 2_000;

/**
 * Returns a function that decides whether the follow-up work of an event may be missing at the end of the
 * run. It may be if, before auth responded, the process died or the store failed.
 */
function createFollowUpExcuse(history: readonly HistoryLine[], faults: readonly FaultLine[]) {
  const commands = indexCommandsById(history);

  /** Returns the time by which the follow-up work of an event must have been done, in ms since 1970. */
  function dueAt({ time, commit }: JournalEvent): number {
    const command = commands.get(commit.correlationId);
    if (command === undefined) return Date.parse(time) + FOLLOW_UP_MS;
    return command.answeredAt === null
      ? Date.parse(command.sentAt) + FOLLOW_UP_MS
      : Date.parse(command.answeredAt);
  }

  return (event: JournalEvent): boolean => {
    const command = commands.get(event.commit.correlationId);
    const at = Date.parse(command?.sentAt ?? event.time);
    const due = dueAt(event);
    const mayBeGivenUp =
      command !== undefined &&
      command.answeredAt !== null &&
      command.by !== 'standalone' &&
      due - at > MIN_STORE_TIMEOUT_MS;
    const span = { from: at, to: Math.max(at, due) };
    return (
      mayBeGivenUp ||
      hasFaultDuring(faults, span, [
        ...(command?.by ? [command.by] : AUTH_PROCESS_NAMES),
        ...STORE_FAULT_TARGETS,
      ])
    );
  };
}

/**
 * Checks that each pending sign-up, and no other, is marked with its address, so that auth finds it by the
 * address. When a sign-up is verified or ended, auth removes the mark before it responds. If the process died
 * or the store failed before that, the next clean-up or look-up removes the mark.
 */
export function checkSignUpMarks(
  { journal, history }: Pick<CommandCheckContext, 'journal' | 'history'>,
  faults: readonly FaultLine[],
): readonly Violation[] {
  const isExcused = createFollowUpExcuse(history, faults);
  return listEventsByAccount(journal).flatMap(([id, events]) => {
    const [first] = events;
    const marked = events.filter(({ commit }) => commit.registration !== undefined);
    const [mark] = marked;
    if (isLiving(id, events)) {
      const isRight =
        mark === first &&
        mark?.commit.registration?.address === first?.private?.address &&
        mark !== undefined;
      return isRight
        ? []
        : createViolations('address marks', `${id} is pending, but not marked with its address`);
    }
    if (mark === undefined) return [];
    const settled = events.find(({ type }) => type === 'AccountVerified' || type === 'RegistrationEnded');
    if (mark === first && !isErased(events) && settled !== undefined && isExcused(settled)) return [];
    return createViolations('address marks', `${id} is no longer pending, but still marked with its address`);
  });
}

function isLiving(id: string, events: readonly JournalEvent[]): boolean {
  const { isVerified, ended } = computeProfile(id, events);
  return !isVerified && !ended;
}
