/** Rules of the journal itself: numbers, complete commits, claims, and the marks by which sign-ups are found. */
import type { FaultLine } from '../run-folder.ts';
import type { CommandContext } from './commands.ts';
import { hitBetween } from './faults.ts';
import { foldAccount } from './fold.ts';
import { accountsIn, isMailing, type Journal, type JournalEvent, lastSequence } from './journal.ts';
import { broken, type Violation } from './report.ts';
import type { Commit } from './stored.ts';

/** Commits are numbered from 1 without gaps, and each begins where the previous one ended. */
export function checkNumbering({ streams }: Journal): readonly Violation[] {
  return [...streams].flatMap(([stream, commits]) => {
    const at = commits.findIndex(
      (commit, index) => commit.number !== index + 1 || commit.sequence !== endOf(commits[index - 1]) + 1,
    );
    return at === -1 ? [] : broken('numbering', `${stream}: commit ${at + 1} is not what comes next`);
  });
}

function endOf(commit: Commit | undefined): number {
  return commit === undefined ? 0 : lastSequence(commit);
}

/**
 * The event types that one command appends, as documented: whatever ends sessions does so in the same commit, and a
 * first password comes with the verification. The reason of SessionsRevoked is in brackets.
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
  'ProfileChanged',
  'RoleChanged SessionsRevoked(role-changed)',
  'AccountDisabled SessionsRevoked(disabled)',
  'AccountEnabled',
  'SessionsRevoked(logout-all)',
  'SessionsRevoked(refresh-reuse)',
  'SessionsRevoked(admin)',
  'MailRequested',
]);

/** Every commit is one that a command can produce, and every stream begins as it must. */
export function checkWholeCommits({ streams, events }: Journal): readonly Violation[] {
  return [
    ...[...streams.values()].flat().flatMap((commit) => {
      const shape = commit.events.map(wordFor).join(' ');
      return WHOLE.has(shape) ? [] : broken('whole commits', `${nameOf(commit)} is ${shape || 'empty'}`);
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
  return isRight ? [] : broken('whole commits', `${stream} does not begin as an account or a mailing does`);
}

/** The commit that verifies takes the claim on the account's address; no other commit has this or any other claim. */
export function checkClaims(journal: Journal): readonly Violation[] {
  const commits = [...journal.streams.values()].flat();
  const addresses = new Map(accountsIn(journal).map(([id, [first]]) => [id, first?.private?.address]));
  const wrong = commits.flatMap((commit) => {
    const verifies = commit.events.some(({ type }) => type === 'AccountVerified');
    const due = verifies ? [`address:${addresses.get(commit.stream)}`] : [];
    const held = commit.claims ?? [];
    if (held.join() === due.join()) return [];
    return broken('claims', `${nameOf(commit)} holds ${held.length} claims, and not those that are due`);
  });
  const owners = Map.groupBy(
    commits.filter(({ events }) => events.some(({ type }) => type === 'AccountVerified')),
    ({ stream }) => addresses.get(stream),
  );
  const shared = [...owners.values()].filter((its) => its.length > 1);
  return [
    ...wrong,
    ...shared.flatMap((its) =>
      broken('claims', `one address was proven more than once: ${its.map(nameOf).join(', ')}`),
    ),
  ];
}

/** Work that no response waits for is done within this time after its commit. */
const FOLLOW_UP_MS = 10_000;
/** On a busy machine an operation on an unreachable store fails after this time, or later: ARCHITECTURE.md. */
const GIVEN_UP_AFTER_MS = 2_000;

/**
 * A pending sign-up must be marked with its address, so that it can be found. The mark of one that is verified or
 * ended is removed before the response; if a process died or the store failed in between, the next sweep or look-up
 * removes it.
 */
export function checkMarks(
  { journal, history }: Pick<CommandContext, 'journal' | 'history'>,
  faults: readonly FaultLine[],
): readonly Violation[] {
  const commands = new Map(history.map((command) => [command.id, command]));

  /** Returns the time by which the mark of an event's account must have been removed. */
  function dueAt({ time, commit }: JournalEvent): number {
    const command = commands.get(commit.correlationId);
    if (command === undefined) return Date.parse(time) + FOLLOW_UP_MS;
    return command.answeredAt === null ? Number.POSITIVE_INFINITY : Date.parse(command.answeredAt);
  }

  function isBorne(event: JournalEvent): boolean {
    const at = Date.parse(event.time);
    const due = dueAt(event);
    const mayBeGivenUp = commands.has(event.commit.correlationId) && due - at > GIVEN_UP_AFTER_MS;
    return mayBeGivenUp || hitBetween(faults, at, Math.max(at, due), ['auth', 'mongo']);
  }

  return accountsIn(journal).flatMap(([id, events]) => {
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
        : broken('address marks', `${id} lives unverified, and is not found by its address`);
    }
    if (mark === undefined) return [];
    const settled = events.find(({ type }) => type === 'AccountVerified' || type === 'RegistrationEnded');
    if (mark === first && settled !== undefined && isBorne(settled)) return [];
    return broken('address marks', `${id} is not open any more, and still found by its address`);
  });
}

function isLiving(id: string, events: readonly JournalEvent[]): boolean {
  const { isVerified, ended } = foldAccount(id, events);
  return !isVerified && !ended;
}
