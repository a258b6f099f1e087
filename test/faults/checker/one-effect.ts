/** Checks that a command appends only events that it may cause, and that it appends them only once. */
import type { HistoryLine } from '../run-folder.ts';
import { type CommandCheckContext, findCommitsOfCommand, getRetryKey, isRefused } from './commands.ts';
import type { Journal } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { Commit } from './stored.ts';

/**
 * Maps each operation to the types of events with which a commit of the operation may begin. The commit may
 * belong to the account of the operation, or to another account with the same address.
 */
const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  'sign-up': ['UserRegistered', 'PasswordResetRequested'],
  verify: ['AccountVerified', 'RegistrationEnded'],
  login: ['PasswordRehashed'],
  refresh: ['SessionsRevoked'],
  logout: [],
  me: [],
  'verification-request': ['VerificationRequested', 'PasswordResetRequested'],
  'reset-request': ['PasswordResetRequested'],
  reset: ['PasswordChanged', 'RegistrationEnded'],
  'change-password': ['PasswordChanged'],
  'logout-all': ['SessionsRevoked'],
  profile: ['ProfileChanged'],
  role: ['RoleChanged'],
  disable: ['AccountDisabled'],
  enable: ['AccountEnabled', 'AccountErasureCanceled'],
  erase: ['AccountErasureRequested'],
  'erase-other': ['AccountErasureRequested'],
  'keep-account': ['AccountErasureCanceled'],
  'change-email': ['EmailChangeRequested'],
  'confirm-email': ['EmailChanged', 'RegistrationEnded'],
  'undo-email': ['EmailChangeReverted'],
  'final-login': ['PasswordRehashed'],
  mailing: ['MailRequested'],
};

/**
 * Operations that must not append any event if they are refused. Other operations may end a sign-up or
 * sessions when they refuse a link or an old token.
 */
const NOTHING_IF_REFUSED: ReadonlySet<string> = new Set([
  'sign-up',
  'change-password',
  'logout-all',
  'profile',
  'role',
  'disable',
  'enable',
  'mailing',
  'erase',
  'erase-other',
  'keep-account',
  'change-email',
  'confirm-email',
  'undo-email',
  'final-login',
]);

/**
 * Checks that each command took effect exactly as requested, and at most once. This applies to commands with
 * any response, or with none.
 */
export function checkCommandEffects({ journal, history }: CommandCheckContext): readonly Violation[] {
  const twice = [...journal.byCommand].flatMap(([id, commits]) => [
    ...repeated(commits, ({ stream }) => stream).flatMap((stream) =>
      createViolations('one effect', `command ${id} has more than one commit on ${stream}`),
    ),
    ...(beginningsAmong(commits) > 1
      ? createViolations('one effect', `command ${id} was carried out twice`)
      : []),
  ]);
  const wrong = history.flatMap(({ id, op }) =>
    findCommitsOfCommand(journal, id)
      .filter(({ events }) => !(EFFECTS[op]?.includes(events[0]?.type ?? '') ?? true))
      .flatMap(({ stream, number }) =>
        createViolations('one effect', `${op} ${id} has led to commit ${number} of ${stream}`),
      ),
  );
  const refused = history
    .filter((command) => isRefused(command) && NOTHING_IF_REFUSED.has(command.op))
    .filter(({ id }) => findCommitsOfCommand(journal, id).length > 0)
    .flatMap(({ id, op, status }) =>
      createViolations('one effect', `${op} ${id} was refused with ${status}, but is in the journal`),
    );
  return [...twice, ...wrong, ...refused, ...checkKeys(journal, history)];
}

/** Checks that all requests with the same Idempotency-Key led to only one sign-up or mailing. */
function checkKeys(journal: Journal, history: readonly HistoryLine[]): readonly Violation[] {
  return [...Map.groupBy(history, getRetryKey).values()].flatMap((commands) => {
    const commits = commands.flatMap(({ id }) => findCommitsOfCommand(journal, id));
    if (commands.length === 1 || beginningsAmong(commits) <= 1) return [];
    const [{ op, id } = { op: '', id: '' }] = commands;
    return createViolations(
      'one effect',
      `${op} ${id} was sent again with its Idempotency-Key, and took effect twice`,
    );
  });
}

const BEGINNINGS: ReadonlySet<string | undefined> = new Set(['UserRegistered', 'MailRequested']);

function beginningsAmong(commits: readonly Commit[]): number {
  return commits.filter(({ events: [first] }) => BEGINNINGS.has(first?.type)).length;
}

function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly string[] {
  return [...Map.groupBy(items, keyOf)].filter(([, its]) => its.length > 1).map(([key]) => key);
}
