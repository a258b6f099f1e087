/** An account's history, as a person reads it. */

import { assertNever } from '@latchkey/events';
import { z } from 'zod';
import type { AccountFact } from '../account/index.ts';
import type { HistoryPage } from '../profile/history.ts';
import { historyCursor, nextCursor, pageLimit, writeHistoryCursor } from './cursor.ts';

export const historyView = z.object({
  events: z.array(
    z.object({ sequence: z.int(), type: z.string(), at: z.iso.datetime(), summary: z.string() }),
  ),
  nextCursor,
});

const PAGE = 100;

/** The query of a page of a history. */
export const historyQuery = z.object({ limit: pageLimit(PAGE), cursor: historyCursor.optional() });

export function viewHistory({ entries, next }: HistoryPage): z.infer<typeof historyView> {
  return {
    events: entries.map(({ sequence, at, fact }) => ({
      sequence,
      type: fact.type,
      at,
      summary: summaryOf(fact),
    })),
    nextCursor: next === undefined ? null : writeHistoryCursor(next),
  };
}

const ENDED = {
  expired: 'The sign-up was not verified in time.',
  rejected: 'The sign-up was rejected by the owner of the mailbox.',
  superseded: 'The address was verified by another account.',
} as const;

const CHANGED = {
  reset: 'The password was reset with a link.',
  change: 'The password was changed.',
  first: 'A password was chosen with a link.',
} as const;

const REVOKED = {
  'logout-all': 'Signed out everywhere.',
  'password-changed': 'All sessions ended: new password.',
  'refresh-reuse': 'All sessions ended: an old refresh token was used again.',
  'role-changed': 'All sessions ended: new role.',
  disabled: 'All sessions ended: account disabled.',
  ended: 'All sessions ended with the sign-up.',
  admin: 'All sessions ended by an admin.',
} as const;

const ONE_REVOKED = 'One session ended: an old refresh token was used again.';

/** Contains no personal data but roles and reasons. */
function summaryOf(fact: AccountFact): string {
  switch (fact.type) {
    case 'UserRegistered':
      return 'Signed up.';
    case 'VerificationRequested':
      return 'A new verification link was requested.';
    case 'AccountVerified':
      return 'The email address was verified.';
    case 'RegistrationEnded':
      return ENDED[fact.data.reason];
    case 'PasswordResetRequested':
      return 'A password reset was requested.';
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
      return fact.data.sessionId === undefined ? REVOKED[fact.data.reason] : ONE_REVOKED;
    default:
      return assertNever(fact);
  }
}
