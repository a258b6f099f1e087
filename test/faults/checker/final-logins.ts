/**
 * Checks the logins at the end of a run. No work is pending at that time, so the journal alone determines the
 * correct response.
 */
import type { HistoryLine } from '../run-folder.ts';
import { type CommandCheckContext, indexCommandsById, normaliseAddress } from './commands.ts';
import { computeProfile, type Profile } from './fold.ts';
import { type JournalEvent, listEventsByAccount } from './journal.ts';
import { createViolations, type Violation } from './report.ts';

interface Account {
  readonly profile: Profile;
  /**
   * The current password of the account; undefined if the history of the run does not contain the request
   * that set the password.
   */
  readonly password: string | undefined;
}

/** The types of events after which the run must try to log in to the account once more at its end. */
const ASKED_ABOUT: ReadonlySet<string> = new Set(['AccountErased', 'AccountErasureCanceled', 'EmailChanged']);
const TOO_MANY_REQUESTS = 429;

/**
 * Checks that the run ended with a login to each account that was erased, whose erasure was canceled, or
 * whose address was changed. Also checks that each of these logins had the correct outcome.
 */
export function checkFinalLogins({ journal, history, settings }: CommandCheckContext): readonly Violation[] {
  const commands = indexCommandsById(history);
  const living = listEventsByAccount(journal)
    .map(([id, events]) => accountOf(id, events, commands))
    .filter(({ profile }) => !profile.ended);
  const byAddress = Map.groupBy(living, ({ profile }) => normaliseAddress(profile.email));
  const asked = history.filter(({ op }) => op === 'final-login');
  const addresses = new Set(asked.map(({ request }) => normaliseAddress(request['email'])));
  return [
    ...asked.flatMap(({ id, request, status, code }) => {
      if (status === TOO_MANY_REQUESTS && settings['LIMITS'] === 'on') return [];
      const due = answersDue(byAddress.get(normaliseAddress(request['email'])) ?? [], request['password']);
      const got = status === 200 ? 'accepted' : (code ?? `${status ?? 'no answer'}`);
      return due.includes(got)
        ? []
        : createViolations(
            'final logins',
            `login ${id} got the response ${got} instead of ${due.join(' or ')}`,
          );
    }),
    ...listEventsByAccount(journal)
      .filter(([, events]) => events.some(({ type }) => ASKED_ABOUT.has(type)))
      .filter(([, events]) => !addressesIn(events).some((address) => addresses.has(address)))
      .flatMap(([id]) => createViolations('final logins', `there was no final login to ${id}`)),
  ];
}

function addressesIn(events: readonly JournalEvent[]): readonly string[] {
  return events.flatMap(({ data: { person } }) =>
    person?.email === undefined ? [] : normaliseAddress(person.email),
  );
}

function accountOf(
  id: string,
  events: readonly JournalEvent[],
  commands: ReadonlyMap<string, HistoryLine>,
): Account {
  const set = events.findLast(({ type }) => type === 'UserRegistered' || type === 'PasswordChanged');
  const { request } = commands.get(set?.commit.correlationId ?? '') ?? {};
  const password = set?.type === 'UserRegistered' ? request?.['password'] : request?.['newPassword'];
  return {
    profile: computeProfile(id, events),
    password: typeof password === 'string' ? password : undefined,
  };
}

/**
 * Returns the allowed outcomes of a login at the end of the run. If an address has several pending sign-ups,
 * each with its own password, several outcomes are allowed.
 */
function answersDue(accounts: readonly Account[], tried: unknown): readonly string[] {
  const isOpen = accounts.some(({ password }) => password === undefined);
  const hit = accounts.filter(({ password }) => password === tried);
  const sure = hit.map(({ profile }) => (profile.disabled ? 'account_disabled' : 'accepted'));
  if (isOpen || accounts.length > 1) return ['accepted', 'account_disabled', 'invalid_credentials'];
  return sure.length === 0 ? ['invalid_credentials'] : sure;
}
