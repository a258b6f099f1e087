/** Formats the history of an account for the responses of the API. */

import { assertNever } from '@latchkey/events';
import { z } from 'zod';
import type { AccountFact } from '../account/index.ts';
import type { HistoryEntry, HistoryPage } from '../profile/history.ts';
import type { OwnerVisibleSecurityEvent, OwnHistoryPage } from '../profile/own-history.ts';
import {
  createPageLimitSchema,
  encodeHistoryCursor,
  encodeOwnHistoryCursor,
  historyCursorSchema,
  nextCursorSchema,
  ownHistoryCursorSchema,
} from './cursor.ts';

export const historySchema = z.object({
  events: z.array(
    z
      .object({ sequence: z.int(), type: z.string(), at: z.iso.datetime(), summary: z.string() })
      .meta({ id: 'HistoryEvent' }),
  ),
  nextCursor: nextCursorSchema,
});

const PAGE = 100;

/** The query parameters of a page of an account's history. */
export const historyQuerySchema = z.object({
  limit: createPageLimitSchema(PAGE),
  cursor: historyCursorSchema.optional(),
});

export function toHistoryView({ entries, next }: HistoryPage): z.infer<typeof historySchema> {
  return {
    events: entries.map(viewFact),
    nextCursor: next === undefined ? null : encodeHistoryCursor(next),
  };
}

function viewFact({ sequence, at, fact }: HistoryEntry) {
  return { sequence, type: fact.type, at, summary: summaryOf(fact) };
}

/**
 * A page of the history that owners see of their own account. Account events have a `sequence`; sign-ins have
 * a `client`.
 */
export const ownHistorySchema = z.object({
  events: z.array(
    z.object({
      sequence: z.int().optional().meta({ description: 'Absent for a sign-in.' }),
      type: z.string(),
      at: z.iso.datetime(),
      summary: z.string(),
      ip: z.string().optional().meta({
        description: 'Where a sign-in came from: the IP or its network. Absent if it is not stored.',
      }),
      userAgent: z.string().optional().meta({ description: 'Of a sign-in.' }),
    }),
  ),
  nextCursor: nextCursorSchema,
});

/** The query parameters of a page of the history that owners see of their own account. */
export const ownHistoryQuerySchema = z.object({
  limit: createPageLimitSchema(PAGE),
  cursor: ownHistoryCursorSchema.optional(),
});

export function toOwnHistoryView({ entries, next }: OwnHistoryPage): z.infer<typeof ownHistorySchema> {
  return {
    events: entries.map((entry) => ('fact' in entry ? viewFact(entry) : viewSignIn(entry))),
    nextCursor: next === undefined ? null : encodeOwnHistoryCursor(next),
  };
}

function viewSignIn(signIn: OwnerVisibleSecurityEvent) {
  const { type, time: at, data } = signIn;
  const { ip = data.person?.ipPrefix, userAgent } = data.person ?? {};
  return {
    type,
    at,
    summary: summaryOfSignIn(signIn),
    ...(ip !== undefined && { ip }),
    ...(userAgent !== undefined && { userAgent }),
  };
}

const FAILED = {
  login: 'A sign-in failed: wrong password.',
  'password-change': 'The current password was wrong when it was to be changed.',
  verification: 'The password was wrong when the address was to be verified.',
  'email-change': 'The password was wrong when the address was to be changed.',
  erasure: 'The password was wrong when the account was to be erased.',
  export: 'The password was wrong when the data of the account was to be exported.',
} as const;

function summaryOfSignIn(signIn: OwnerVisibleSecurityEvent): string {
  switch (signIn.type) {
    case 'LoginSucceeded':
      return 'Signed in.';
    case 'LoginFailed':
      return signIn.data.reason === 'disabled'
        ? 'A sign-in failed: the account is disabled.'
        : FAILED[signIn.data.during];
    case 'LoginLocked':
      return 'Sign-ins were refused: too many wrong passwords.';
    case 'DataExported':
      return signIn.data.actor === 'ops'
        ? 'The data of the account was exported by an operator.'
        : 'The data of the account was exported.';
    default:
      return assertNever(signIn);
  }
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

const ALERTED = {
  'new-sign-in': 'Signed in from a new device or network.',
  'locked-out': 'Unknown clients were locked out for a while: too many wrong passwords.',
} as const;

const ONE_REVOKED = 'One session ended: an old refresh token was used again.';

/** Summarizes a fact in a few words. The summary contains no personal data except roles and reasons. */
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
    case 'PasswordRehashed':
      return 'The stored hash of the password was renewed.';
    case 'EmailChangeRequested':
      return 'Another email address was requested.';
    case 'EmailChangeCanceled':
      return 'The request for another email address was canceled.';
    case 'EmailChanged':
      return 'The email address was changed.';
    case 'EmailChangeReverted':
      return 'The change of the email address was undone with the link to the previous one.';
    case 'EmailChangeSettled':
      return 'The previous email address was released.';
    case 'ProfileChanged':
      return 'The profile was changed.';
    case 'RoleChanged':
      return `The role was changed from ${fact.data.previousRole} to ${fact.data.role}.`;
    case 'AccountDisabled':
      return 'The account was disabled.';
    case 'AccountEnabled':
      return 'The account was enabled.';
    case 'AccountErasureRequested':
      return 'The erasure of the account was requested.';
    case 'AccountErasureCanceled':
      return 'The erasure of the account was canceled.';
    case 'AccountErased':
      return 'The account was erased.';
    case 'OwnerAlerted':
      return ALERTED[fact.data.reason];
    case 'SessionsRevoked':
      return fact.data.sessionId === undefined ? REVOKED[fact.data.reason] : ONE_REVOKED;
    default:
      return assertNever(fact);
  }
}
