/** Checks that the journal contains everything that was acknowledged with a 2xx response. */
import type { HistoryLine } from '../run-folder.ts';
import { decodeTokenClaims } from './access-token.ts';
import {
  type CommandCheckContext,
  findCommitsOfCommand,
  getRetryKey,
  groupAccountsBySignUpAddress,
  isAcknowledged,
  normaliseAddress,
} from './commands.ts';
import { isErasedOrErasureRequested } from './erasure-rules.ts';
import { computeProfile, type Profile } from './fold.ts';
import { getLastSequenceOfCommit, type Journal, type JournalEvent } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { CommitEvent } from './stored.ts';

/**
 * The default limit on mails for the same purpose to the same address, per hour. A request over the limit has
 * no effect.
 */
const MAILS_PER_ADDRESS = 3;
/**
 * The maximum number of pending sign-ups of an address. Once it is reached, a sign-up creates no account, but only
 * sends another link.
 */
const MAX_PENDING_SIGN_UPS = 5;

/** Indexes of the history and the journal, so that a check need not search the whole history, which is long. */
interface LookUp {
  readonly journal: Journal;
  /** Maps each retry key to the commands that have it. All retries of a command have the same retry key. */
  readonly byKey: ReadonlyMap<string, readonly HistoryLine[]>;
  readonly accountsByAddress: ReturnType<typeof groupAccountsBySignUpAddress>;
  /**
   * Returns whether the address of a command had more requests than the limit allows. If so, the limit may have
   * suppressed the effect of the command.
   */
  isOverLimit(command: HistoryLine): boolean;
}

/** Checks that the journal contains the content of every 2xx response. */
export function checkAcknowledgedCommands(context: CommandCheckContext): readonly Violation[] {
  const lookUp = lookUpIn(context);
  return context.history.filter(isAcknowledged).flatMap((command) => {
    const { op, id, status } = command;
    const missing = demands[op]?.(command, lookUp);
    if (missing === undefined) return [];
    return createViolations('acknowledged commands', `${op} ${id} was answered ${status}: ${missing}`);
  });
}

/** Checks one command. Returns what is missing from the journal; undefined if nothing is missing. */
type Demand = (command: HistoryLine, lookUp: LookUp) => string | undefined;

/**
 * Requires that the account had the requested values at the sequence that the response names, or right after
 * a commit of the command. The second case happens when a retry finds that the command was already carried
 * out: the response then names the current state, which later commands may have changed.
 */
function account(
  wanted: (profile: Profile, request: HistoryLine['request'], events: readonly JournalEvent[]) => boolean,
): Demand {
  return ({ id: command, accountSequence, request }, { journal }) => {
    if (accountSequence === null) return 'it named no Account-Sequence';
    const [id = '', answered = ''] = accountSequence.split(':');
    const events = journal.events.get(id) ?? [];
    if (events.length < Number(answered)) return `${id} has no event ${answered}`;
    const own = findCommitsOfCommand(journal, command).filter(({ stream }) => stream === id);
    const isSo = [Number(answered), ...own.map(getLastSequenceOfCommit)]
      .filter((sequence) => sequence <= Number(answered))
      .map((sequence) => events.slice(0, sequence))
      .some((its) => wanted(computeProfile(id, its), request, its));
    return isSo ? undefined : `${id} is not so at ${answered}`;
  };
}

/** Requires that the command has caused a commit with an event for which `what` returns true. */
function commit(what: (event: CommitEvent) => boolean): Demand {
  return ({ id }, { journal }) =>
    findCommitsOfCommand(journal, id).some(({ events }) => events.some(what))
      ? undefined
      : 'the journal has nothing of it';
}

function both(one: Demand, other: Demand): Demand {
  return (command, lookUp) => one(command, lookUp) ?? other(command, lookUp);
}

function either(one: Demand, other: Demand): Demand {
  return (command, lookUp) => one(command, lookUp) && other(command, lookUp);
}

function hasNames(profile: Profile, request: HistoryLine['request']): boolean {
  return (['username', 'firstName', 'lastName', 'locale'] as const).every(
    (name) => request[name] === undefined || request[name] === profile[name],
  );
}

const signUp: Demand = (command, { journal, byKey, accountsByAddress, isOverLimit }) => {
  const { email, username } = command.request;
  function isIt({ type, data }: CommitEvent): boolean {
    return (
      type === 'UserRegistered' &&
      normaliseAddress(data.person?.email) === normaliseAddress(email) &&
      data.person?.username === username
    );
  }
  const tries = [command, ...(byKey.get(getRetryKey(command)) ?? [])];
  if (tries.some(({ id }) => findCommitsOfCommand(journal, id).some(({ events }) => events.some(isIt))))
    return undefined;
  const signUps = accountsByAddress.get(normaliseAddress(email)) ?? [];
  return signUps.length >= MAX_PENDING_SIGN_UPS || isOverLimit(command)
    ? undefined
    : 'the journal has no such sign-up';
};

/** The types of events after which auth need not send a reset link to the address of the sign-up. */
const ENDS_RESETS: ReadonlySet<string> = new Set([
  'AccountDisabled',
  'AccountErasureRequested',
  'EmailChanged',
]);

/**
 * Checks a request for a password reset, which auth records before it responds, and processes later. The
 * journal must contain the event of the request if the account had verified its address before the request
 * and has no event of a type in ENDS_RESETS.
 */
const resetRequest: Demand = (command, { journal, accountsByAddress, isOverLimit }) => {
  const { request, sentAt, id } = command;
  const accounts = accountsByAddress.get(normaliseAddress(request['email'])) ?? [];
  function isMeant([, events]: readonly [string, readonly JournalEvent[]]): boolean {
    return (
      events.some(({ type, time }) => type === 'AccountVerified' && Date.parse(time) <= Date.parse(sentAt)) &&
      !events.some(({ type }) => ENDS_RESETS.has(type))
    );
  }
  if (!accounts.some(isMeant) || findCommitsOfCommand(journal, id).length > 0 || isOverLimit(command))
    return undefined;
  return 'it was never carried out';
};

/**
 * Checks a request for another verification link. No event is required if the account is verified, disabled or ended at
 * the end of the run.
 */
const verificationRequest: Demand = (command, { journal, isOverLimit }) => {
  const account = decodeTokenClaims(command.accessToken)?.sub;
  if (account === undefined || findCommitsOfCommand(journal, command.id).length > 0 || isOverLimit(command))
    return undefined;
  const { isVerified, ended, disabled } = computeProfile(account, journal.events.get(account) ?? []);
  return isVerified || ended || disabled ? undefined : 'no link was requested';
};

const mailing: Demand = ({ answer, request }, { journal }) => {
  const { mailingId } = (answer ?? {}) as { readonly mailingId?: string };
  const [first] = journal.events.get(mailingId ?? '') ?? [];
  const wanted = request['addresses'];
  const got = first?.data.person?.recipients;
  if (first?.type !== 'MailRequested' || got === undefined) return 'there is no such mailing';
  const same =
    Array.isArray(wanted) &&
    new Set(wanted.map(normaliseAddress)).symmetricDifference(new Set(got.map(normaliseAddress)));
  return same && same.size === 0 ? undefined : 'the mailing is to others';
};

/** Requires that the journal contains the account to which a response has issued tokens. */
const signedIn: Demand = ({ answer }, { journal }) => {
  const { user } = (answer ?? {}) as { readonly user?: { readonly id?: string } };
  return user?.id === undefined || journal.events.has(user.id) ? undefined : `there is no account ${user.id}`;
};

const demands: Readonly<Record<string, Demand>> = {
  'sign-up': signUp,
  verify: account(({ isVerified, ended }, request) => (request['reject'] === undefined ? isVerified : ended)),
  login: signedIn,
  refresh: signedIn,
  'verification-request': verificationRequest,
  'reset-request': resetRequest,
  reset: both(
    account((_profile, _request, events) => events.some(({ type }) => type === 'PasswordChanged')),
    commit(({ type, data }) => type === 'PasswordChanged' && data.how !== 'change'),
  ),
  'change-password': both(
    account((_profile, _request, events) => events.some(({ type }) => type === 'PasswordChanged')),
    commit(({ type, data }) => type === 'PasswordChanged' && data.how === 'change'),
  ),
  // If the account's sign-up has ended in the meantime, there may be no sessions left to end, and thus no
  // event.
  'logout-all': either(
    account(({ ended }) => ended),
    commit(({ type, data }) => type === 'SessionsRevoked' && data.reason === 'logout-all'),
  ),
  profile: account(hasNames),
  role: account(({ role }, request) => role === request['role']),
  disable: account(({ disabled }) => disabled),
  enable: account(({ disabled }) => !disabled),
  erase: account((_profile, _request, events) => isErasedOrErasureRequested(events)),
  'erase-other': account((_profile, _request, events) => isErasedOrErasureRequested(events)),
  'keep-account': commit(({ type }) => type === 'AccountErasureCanceled'),
  'change-email': commit(({ type }) => type === 'EmailChangeRequested'),
  'confirm-email': account((_profile, { newEmail }, events) =>
    events.some(
      ({ type, data }) =>
        type === 'EmailChanged' && normaliseAddress(data.person?.email) === normaliseAddress(newEmail),
    ),
  ),
  'undo-email': commit(({ type }) => type === 'EmailChangeReverted'),
  mailing,
};

function lookUpIn({ journal, history, settings }: CommandCheckContext): LookUp {
  const limit = Number(settings['LIMIT_MAILS_PER_ADDRESS'] ?? MAILS_PER_ADDRESS);
  const asked = Map.groupBy(history, askedOf);
  return {
    journal,
    byKey: Map.groupBy(history, getRetryKey),
    accountsByAddress: groupAccountsBySignUpAddress(journal),
    isOverLimit: (command) => (asked.get(askedOf(command))?.length ?? 0) > limit,
  };
}

/**
 * Returns the key under which the limit on mails counts a request: the purpose of the mail, and the address.
 */
function askedOf({ op, request }: HistoryLine): string {
  const purpose = op === 'sign-up' || op === 'verification-request' ? 'verification' : op;
  return `${purpose} ${normaliseAddress(request['email'])}`;
}
