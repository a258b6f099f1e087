/** What happened to an account, in words, from the journal. */
import { assertNever } from '../account/assert-never.ts';
import type { AccountFact } from '../account/index.ts';
import { Refused } from '../refused.ts';
import type { Deps } from './deps.ts';

export interface HistoryEntry {
  readonly sequence: number;
  readonly type: AccountFact['type'];
  readonly at: string;
  readonly summary: string;
}

/** Oldest first. @throws Refused (not_found, unavailable) */
export function accountHistory({ journal }: Pick<Deps, 'journal'>) {
  return async (userId: string): Promise<readonly HistoryEntry[]> => {
    const commits = await journal.read(userId);
    const entries = commits.flatMap(({ sequence, events }) =>
      events.flatMap((fact, i) =>
        fact.type === 'MailRequested'
          ? []
          : [{ sequence: sequence + i, type: fact.type, at: fact.time, summary: summaryOf(fact) }],
      ),
    );
    if (entries.length === 0) throw new Refused('not_found');
    return entries;
  };
}

const ENDED = {
  expired: 'The sign-up was not verified in time.',
  rejected: 'The sign-up was rejected from its mailbox.',
  superseded: 'The address was verified by another account.',
} as const;

const CHANGED = {
  reset: 'The password was reset by a link.',
  change: 'The password was changed.',
  first: 'A password was chosen by a link.',
} as const;

const REVOKED = {
  'logout-all': 'Logged out everywhere.',
  'password-changed': 'All sessions ended: new password.',
  'refresh-reuse': 'All sessions ended: an old refresh token was used again.',
  'role-changed': 'All sessions ended: new role.',
  disabled: 'All sessions ended: disabled.',
  ended: 'All sessions ended with the sign-up.',
  admin: 'All sessions ended by an admin.',
} as const;

/** Names nobody but roles and reasons. */
function summaryOf(fact: AccountFact): string {
  switch (fact.type) {
    case 'UserRegistered':
      return 'Signed up.';
    case 'VerificationRequested':
      return 'A new verification link was asked for.';
    case 'AccountVerified':
      return 'The e-mail address was verified.';
    case 'RegistrationEnded':
      return ENDED[fact.data.reason];
    case 'PasswordResetRequested':
      return 'A password reset was asked for.';
    case 'PasswordChanged':
      return CHANGED[fact.data.how];
    case 'ProfileChanged':
      return 'The profile was changed.';
    case 'RoleChanged':
      return `The role was changed from ${fact.data.previousRole} to ${fact.data.role}.`;
    case 'AccountDisabled':
      return 'The account was disabled.';
    case 'AccountEnabled':
      return 'The account was enabled.';
    case 'SessionsRevoked':
      return REVOKED[fact.data.reason];
    default:
      return assertNever(fact);
  }
}
