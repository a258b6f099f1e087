/** The commands of clients: for each one the request, and what the history records about it. */
import { randomUUID } from 'node:crypto';
import type { Names, Person } from './person.ts';

export interface Command {
  readonly op: string;
  /** For the history: everything that was requested, and for whom. */
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

/** A link token begins with the id of its account. */
function accountOf(linkToken: string): string {
  return Buffer.from(linkToken, 'base64url')
    .subarray(0, ACCOUNT_ID_BYTES)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Always with the same key, so that a retry is the same sign-up. */
export function signUp(person: Person, names: Names): Command {
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

/** With the password: the link alone verifies nothing. */
export function verify(person: Person, linkToken: string): Command {
  const { email } = person;
  const json = { password: passwordOf(person) };
  return {
    op: 'verify',
    request: { accountId: accountOf(linkToken), email, token: linkToken, ...json },
    ...post(`/auth/verify/${linkToken}`),
    json,
  };
}

/** "This was not me." */
export function reject({ email }: Person, linkToken: string): Command {
  return {
    op: 'verify',
    request: { accountId: accountOf(linkToken), email, token: linkToken, reject: true },
    ...post(`/auth/verify/${linkToken}`),
    json: { reject: true },
  };
}

export function renewVerification({ id, email, accessToken }: Person): Command {
  return {
    op: 'verification-request',
    request: { accountId: id, email },
    ...post('/auth/verification-request'),
    token: accessToken,
  };
}

export function login(person: Person): Command {
  const json = { email: person.email, password: passwordOf(person) };
  return { op: 'login', request: json, ...post('/auth/login'), json };
}

export function refresh({ id, refreshToken }: Person): Command {
  return {
    op: 'refresh',
    request: { accountId: id, refreshToken },
    ...post('/auth/refresh'),
    json: { refreshToken },
  };
}

export function logout({ id, refreshToken }: Person): Command {
  return {
    op: 'logout',
    request: { accountId: id, refreshToken },
    ...post('/auth/logout'),
    json: { refreshToken },
  };
}

export function logoutAll({ id, accessToken }: Person): Command {
  return {
    op: 'logout-all',
    request: { accountId: id },
    ...post('/auth/logout-all'),
    token: accessToken,
  };
}

export function requestReset({ email }: Person): Command {
  return {
    op: 'reset-request',
    request: { email },
    ...post('/auth/password-reset-request'),
    json: { email },
  };
}

export function completeReset({ email }: Person, linkToken: string, newPassword: string): Command {
  return {
    op: 'reset',
    request: { accountId: accountOf(linkToken), email, token: linkToken, newPassword },
    ...post(`/auth/password-reset-confirm/${linkToken}`),
    json: { newPassword, confirmNewPassword: newPassword },
  };
}

export function changePassword(person: Person, newPassword: string): Command {
  const json = { currentPassword: passwordOf(person), newPassword };
  return {
    op: 'change-password',
    request: { accountId: person.id, ...json },
    ...post('/auth/change-password'),
    json,
    token: person.accessToken,
  };
}

export function changeProfile({ id, accessToken }: Person, names: Names): Command {
  return {
    op: 'profile',
    request: { accountId: id, ...names },
    method: 'PATCH',
    path: '/auth/profile',
    json: names,
    token: accessToken,
  };
}

/** Reads the profile at the sequence that this person has seen. */
export function readProfile({ id, accessToken, sequence }: Person): Command {
  return {
    op: 'me',
    request: { accountId: id, after: sequence ?? null },
    method: 'GET',
    path: '/users/me',
    token: accessToken,
    ...(sequence !== undefined && { headers: { 'account-sequence': sequence } }),
  };
}

export function changeRole(admin: Person, { id }: Person, role: 'user' | 'admin'): Command {
  return {
    op: 'role',
    request: { accountId: id, role, by: admin.id },
    method: 'PUT',
    path: `/auth/accounts/${id}/role`,
    json: { role },
    token: admin.accessToken,
  };
}

export function disable(admin: Person, { id }: Person): Command {
  return {
    op: 'disable',
    request: { accountId: id, by: admin.id },
    ...post(`/auth/accounts/${id}/disable`),
    token: admin.accessToken,
  };
}

export function enable(admin: Person, { id }: Person): Command {
  return {
    op: 'enable',
    request: { accountId: id, by: admin.id },
    ...post(`/auth/accounts/${id}/enable`),
    token: admin.accessToken,
  };
}

/** Erases one's own account: at once, or after the grace period of the process that answers. */
export function eraseAccount(person: Person): Command {
  const json = { password: passwordOf(person) };
  return {
    op: 'erase',
    request: { accountId: person.id, ...json },
    ...post('/auth/account/erase'),
    json,
    token: person.accessToken,
  };
}

export function eraseAccountOf(admin: Person, { id }: Person): Command {
  return {
    op: 'erase-other',
    request: { accountId: id, by: admin.id },
    method: 'DELETE',
    path: `/auth/accounts/${id}`,
    token: admin.accessToken,
  };
}

/** Undoes the request to erase an account. */
export function keepAccount({ email }: Person, linkToken: string): Command {
  return {
    op: 'keep-account',
    request: { accountId: accountOf(linkToken), email, token: linkToken },
    ...post(`/auth/erase/${linkToken}`),
    json: {},
  };
}

export function changeEmail(person: Person, newEmail: string): Command {
  const json = { newEmail, password: passwordOf(person) };
  return {
    op: 'change-email',
    request: { accountId: person.id, ...json },
    ...post('/auth/change-email'),
    json,
    token: person.accessToken,
  };
}

export function confirmEmail(person: Person, linkToken: string, newEmail: string): Command {
  const json = { password: passwordOf(person) };
  return {
    op: 'confirm-email',
    request: { accountId: accountOf(linkToken), token: linkToken, newEmail, ...json },
    ...post(`/auth/change-email/${linkToken}`),
    json,
  };
}

export function undoEmail(linkToken: string, newPassword: string): Command {
  return {
    op: 'undo-email',
    request: { accountId: accountOf(linkToken), token: linkToken, newPassword },
    ...post(`/auth/undo-email-change/${linkToken}`),
    json: { newPassword, confirmNewPassword: newPassword },
  };
}

/** A login after everything has come to rest. Its answer follows from the journal alone. */
export function finalLogin(email: string, password: string): Command {
  const json = { email, password };
  return { op: 'final-login', request: json, ...post('/auth/login'), json };
}

/** A page of all profiles. @param cursor where the page before ended */
export function readProfiles(admin: Person, cursor: string | undefined): Command {
  return {
    op: 'users',
    request: {},
    method: 'GET',
    path: `/users?limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    token: admin.accessToken,
  };
}

/** Always with the same key, so that a retry is the same mailing. */
export function sendMail(admin: Person, addresses: readonly string[]): Command {
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
