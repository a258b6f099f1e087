/** The requests of clients, and what the history records about each request. */
import { randomUUID } from 'node:crypto';
import type { Person, PersonNames } from './person.ts';

export interface Command {
  readonly op: string;
  /** The parameters of the request and the account that it is for, as the history of the run records them. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly json?: object;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

function post(path: string) {
  return { method: 'POST', path } as const;
}
function passwordOf({ passwords: [likeliest = ''] }: Person): string {
  return likeliest;
}

const ACCOUNT_ID_BYTES = 16;

/** Returns the id of the account to which a link token belongs. The token begins with this id. */
function accountOf(linkToken: string): string {
  return Buffer.from(linkToken, 'base64url')
    .subarray(0, ACCOUNT_ID_BYTES)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Creates a sign-up. Retries of the command have the same Idempotency-Key, so they are the same sign-up. */
export function createSignUpCommand(person: Person, names: PersonNames): Command {
  const { email, signUpName } = person;
  const json = { email, password: passwordOf(person), ...names, username: signUpName };
  const idempotencyKey = randomUUID();
  return {
    op: 'sign-up',
    request: { ...json, idempotencyKey },
    ...post('/auth/signup'),
    json,
    headers: { 'idempotency-key': idempotencyKey },
  };
}

/**
 * Creates a command that verifies an address. It needs the password of the sign-up, because auth does not
 * accept the link alone.
 */
export function createVerifyAddressCommand(person: Person, linkToken: string): Command {
  const { email } = person;
  const json = { password: passwordOf(person) };
  return {
    op: 'verify',
    request: { accountId: accountOf(linkToken), email, token: linkToken, ...json },
    ...post(`/auth/verify/${linkToken}`),
    json,
  };
}

/** Creates a command that rejects a sign-up with the link "This was not me". */
export function createRejectSignUpCommand({ email }: Person, linkToken: string): Command {
  return {
    op: 'verify',
    request: { accountId: accountOf(linkToken), email, token: linkToken, reject: true },
    ...post(`/auth/verify/${linkToken}`),
    json: { reject: true },
  };
}

export function createRequestVerificationLinkCommand({ id, email, accessToken }: Person): Command {
  return {
    op: 'verification-request',
    request: { accountId: id, email },
    ...post('/auth/verification-request'),
    token: accessToken,
  };
}

export function createLoginCommand(person: Person): Command {
  const json = { email: person.email, password: passwordOf(person) };
  return { op: 'login', request: json, ...post('/auth/login'), json };
}

export function createRefreshCommand({ id, refreshToken }: Person): Command {
  return {
    op: 'refresh',
    request: { accountId: id, refreshToken },
    ...post('/auth/refresh'),
    json: { refreshToken },
  };
}

export function createLogoutCommand({ id, refreshToken }: Person): Command {
  return {
    op: 'logout',
    request: { accountId: id, refreshToken },
    ...post('/auth/logout'),
    json: { refreshToken },
  };
}

export function createLogoutAllCommand({ id, accessToken }: Person): Command {
  return {
    op: 'logout-all',
    request: { accountId: id },
    ...post('/auth/logout-all'),
    token: accessToken,
  };
}

export function createRequestResetCommand({ email }: Person): Command {
  return {
    op: 'reset-request',
    request: { email },
    ...post('/auth/password-reset-request'),
    json: { email },
  };
}

export function createCompleteResetCommand(
  { email }: Person,
  linkToken: string,
  newPassword: string,
): Command {
  return {
    op: 'reset',
    request: { accountId: accountOf(linkToken), email, token: linkToken, newPassword },
    ...post(`/auth/password-reset-confirm/${linkToken}`),
    json: { newPassword, confirmNewPassword: newPassword },
  };
}

export function createChangePasswordCommand(person: Person, newPassword: string): Command {
  const json = { currentPassword: passwordOf(person), newPassword };
  return {
    op: 'change-password',
    request: { accountId: person.id, ...json },
    ...post('/auth/change-password'),
    json,
    token: person.accessToken,
  };
}

export function createChangeProfileCommand({ id, accessToken }: Person, names: PersonNames): Command {
  return {
    op: 'profile',
    request: { accountId: id, ...names },
    method: 'PATCH',
    path: '/auth/profile',
    json: names,
    token: accessToken,
  };
}

/**
 * Creates a command with which a person reads their own profile. The response must include the last sequence
 * that the person has received.
 */
export function createReadProfileCommand({ id, accessToken, sequence }: Person): Command {
  return {
    op: 'me',
    request: { accountId: id, after: sequence ?? null },
    method: 'GET',
    path: '/users/me',
    token: accessToken,
    ...(sequence !== undefined && { headers: { 'account-sequence': sequence } }),
  };
}

export function createChangeRoleCommand(admin: Person, { id }: Person, role: 'user' | 'admin'): Command {
  return {
    op: 'role',
    request: { accountId: id, role, by: admin.id },
    method: 'PUT',
    path: `/auth/accounts/${id}/role`,
    json: { role },
    token: admin.accessToken,
  };
}

export function createDisableAccountCommand(admin: Person, { id }: Person): Command {
  return {
    op: 'disable',
    request: { accountId: id, by: admin.id },
    ...post(`/auth/accounts/${id}/disable`),
    token: admin.accessToken,
  };
}

export function createEnableAccountCommand(admin: Person, { id }: Person): Command {
  return {
    op: 'enable',
    request: { accountId: id, by: admin.id },
    ...post(`/auth/accounts/${id}/enable`),
    token: admin.accessToken,
  };
}

/**
 * Creates a command with which a person requests the erasure of their own account. The account is erased
 * immediately, or after the grace period of the process that responds.
 */
export function createEraseAccountCommand(person: Person): Command {
  const json = { password: passwordOf(person) };
  return {
    op: 'erase',
    request: { accountId: person.id, ...json },
    ...post('/auth/account/erase'),
    json,
    token: person.accessToken,
  };
}

export function createEraseAccountAsAdminCommand(admin: Person, { id }: Person): Command {
  return {
    op: 'erase-other',
    request: { accountId: id, by: admin.id },
    method: 'DELETE',
    path: `/auth/accounts/${id}`,
    token: admin.accessToken,
  };
}

/** Creates a command that cancels the erasure of an account, with the link of the mail. */
export function createCancelErasureCommand({ email }: Person, linkToken: string): Command {
  return {
    op: 'keep-account',
    request: { accountId: accountOf(linkToken), email, token: linkToken },
    ...post(`/auth/erase/${linkToken}`),
    json: {},
  };
}

export function createChangeEmailCommand(person: Person, newEmail: string): Command {
  const json = { newEmail, password: passwordOf(person) };
  return {
    op: 'change-email',
    request: { accountId: person.id, ...json },
    ...post('/auth/change-email'),
    json,
    token: person.accessToken,
  };
}

export function createConfirmEmailChangeCommand(
  person: Person,
  linkToken: string,
  newEmail: string,
): Command {
  const json = { password: passwordOf(person) };
  return {
    op: 'confirm-email',
    request: { accountId: accountOf(linkToken), token: linkToken, newEmail, ...json },
    ...post(`/auth/change-email/${linkToken}`),
    json,
  };
}

export function createUndoEmailChangeCommand(linkToken: string, newPassword: string): Command {
  return {
    op: 'undo-email',
    request: { accountId: accountOf(linkToken), token: linkToken, newPassword },
    ...post(`/auth/undo-email-change/${linkToken}`),
    json: { newPassword, confirmNewPassword: newPassword },
  };
}

/**
 * Creates a login at the end of a run, when no work is pending. The journal alone determines the outcome of
 * such a login.
 */
export function createFinalLoginCommand(email: string, password: string): Command {
  const json = { email, password };
  return { op: 'final-login', request: json, ...post('/auth/login'), json };
}

/**
 * Creates a command with which an admin requests a page of all profiles.
 * @param cursor the end of the previous page
 */
export function createReadProfilesCommand(admin: Person, cursor: string | undefined): Command {
  return {
    op: 'users',
    request: {},
    method: 'GET',
    path: `/users?limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    token: admin.accessToken,
  };
}

/** Creates a mailing. Retries of the command have the same Idempotency-Key, so they are the same mailing. */
export function createSendMailingCommand(admin: Person, addresses: readonly string[]): Command {
  const idempotencyKey = randomUUID();
  return {
    op: 'mailing',
    request: { addresses, template: 'welcome', by: admin.id, idempotencyKey },
    ...post('/auth/send-mail'),
    json: { addresses, template: 'welcome' },
    token: admin.accessToken,
    headers: { 'idempotency-key': idempotencyKey },
  };
}
