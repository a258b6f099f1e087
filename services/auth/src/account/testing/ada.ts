/** Ada's account for tests: what happens to it and what is asked of it, with as little said as possible. */
import type { DataOf } from '@latchkey/events';
import type { NewLink, Register } from '../commands.ts';
import type { AccountFact, FactOf } from '../facts.ts';

export const userId = '0198c0de-0000-7000-8000-00000000ada0';
export const stranger = '0198c0de-0000-7000-8000-0000000000bb';
export const admin = '0198c0de-0000-7000-8000-0000000000ad';
export const address = 'ada@example.com';
export const password = 'hash of the first password';

const person = { email: 'Ada@example.com', username: 'ada' };
const addressed = { userId, locale: 'en', person };

export const noon = new Date('2026-03-01T12:00:00.000Z');
/** An instant some milliseconds from noon. */
export const at = (ms: number): Date => new Date(noon.getTime() + ms);

const HOUR = 3_600_000;

/** A link by name, which works until one o'clock. */
export const link = (name: string, expiresAt = at(HOUR)): NewLink => ({
  hash: `hash of link ${name}`,
  sealed: { sealed: `sealed ${name}`, expiresAt: expiresAt.toISOString() },
});

const keep = ({ hash, sealed }: NewLink) => ({ link: { hash, expiresAt: sealed.expiresAt } });

export const register: Register = {
  type: 'Register',
  ...person,
  userId,
  address,
  locale: 'en',
  passwordHash: password,
  link: link('A'),
  owner: undefined,
};

/** @param newLink none where the address is another's */
export const signedUp = (newLink?: NewLink): FactOf<'UserRegistered'> => ({
  type: 'UserRegistered',
  data: { ...addressed, role: 'user', ...(newLink && { verification: newLink.sealed }) },
  private: { address, passwordHash: password, ...(newLink && keep(newLink)) },
});

export const renewed = (newLink?: NewLink): AccountFact => ({
  type: 'VerificationRequested',
  data: { ...addressed, ...(newLink && { verification: newLink.sealed }) },
  private: newLink ? keep(newLink) : {},
});

export const verified: AccountFact = { type: 'AccountVerified', data: addressed };

export const resetRequested = (verifies: boolean, newLink?: NewLink): AccountFact => ({
  type: 'PasswordResetRequested',
  data: { ...addressed, verifies, ...(newLink && { reset: newLink.sealed }) },
  private: newLink ? keep(newLink) : {},
});

export const passwordChanged = (
  how: DataOf<'PasswordChanged'>['how'],
  passwordHash: string,
): AccountFact => ({
  type: 'PasswordChanged',
  data: { ...addressed, how },
  private: { passwordHash },
});

export const revoked = (reason: DataOf<'SessionsRevoked'>['reason']): AccountFact => ({
  type: 'SessionsRevoked',
  data: { userId, reason },
});

/** The end of a registration, and of its sessions with it. */
export const ended = (reason: DataOf<'RegistrationEnded'>['reason']): readonly [AccountFact, AccountFact] => [
  { type: 'RegistrationEnded', data: { userId, reason } },
  revoked('ended'),
];

export const profileChanged = (data: Omit<DataOf<'ProfileChanged'>, 'userId'>): AccountFact => ({
  type: 'ProfileChanged',
  data: { userId, ...data },
});

export const roleChanged = (
  role: 'user' | 'admin',
  previousRole: 'user' | 'admin',
  changedBy = admin,
): AccountFact => ({ type: 'RoleChanged', data: { ...addressed, role, previousRole, changedBy } });

export const disabled = (reason?: string): AccountFact => ({
  type: 'AccountDisabled',
  data: { userId, changedBy: admin, person: reason === undefined ? {} : { reason } },
});

export const enabled = (reason?: string): AccountFact => ({
  type: 'AccountEnabled',
  data: { userId, changedBy: admin, person: reason === undefined ? {} : { reason } },
});
