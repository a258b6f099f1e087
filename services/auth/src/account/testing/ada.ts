/** Ada's account for tests: its facts and commands, with short values. */
import type { DataOf } from '@latchkey/events';
import type { LinkToMail, RegisterAccountCommand } from '../commands.ts';
import type { AccountFact, FactOf } from '../facts.ts';

export const adaId = '0198c0de-0000-7000-8000-00000000ada0';
export const strangerId = '0198c0de-0000-7000-8000-0000000000bb';
export const adminId = '0198c0de-0000-7000-8000-0000000000ad';
export const adaAddress = 'ada@example.com';
export const firstPasswordHash = 'hash of the first password';

const person = { email: 'Ada@example.com', username: 'ada' };
const addressed = { userId: adaId, locale: 'en', person };

export const noon = new Date('2026-03-01T12:00:00.000Z');
/** Returns the instant that is `ms` milliseconds after noon. */
export function createInstantAfterNoon(ms: number): Date {
  return new Date(noon.getTime() + ms);
}

const HOUR = 3_600_000;

/**
 * Returns a link for tests. Its hash and its token contain `name`, so that tests can tell links apart. By
 * default, the link expires at one o'clock.
 */
export function createTestLink(name: string, expiresAt = createInstantAfterNoon(HOUR)): LinkToMail {
  return {
    hash: `hash of link ${name}`,
    sealed: { sealed: `sealed ${name}`, expiresAt: expiresAt.toISOString() },
  };
}

/**
 * Returns the private fields of a fact about a link.
 * @param newLink undefined if the link is withheld
 */
function keep(newLink: LinkToMail | undefined) {
  if (newLink === undefined) return { withheldUntil: createInstantAfterNoon(HOUR).toISOString() };
  const { hash, sealed } = newLink;
  return { link: { hash, expiresAt: sealed.expiresAt } };
}

export const registerAdaCommand: RegisterAccountCommand = {
  type: 'Register',
  ...person,
  userId: adaId,
  address: adaAddress,
  locale: 'en',
  passwordHash: firstPasswordHash,
  link: createTestLink('A'),
  owner: undefined,
};

/** Returns the fact of Ada's sign-up. @param newLink undefined if the address belongs to another account */
export function createUserRegisteredFact(newLink?: LinkToMail): FactOf<'UserRegistered'> {
  return {
    type: 'UserRegistered',
    data: { ...addressed, role: 'user', ...(newLink && { verification: newLink.sealed }) },
    private: { address: adaAddress, passwordHash: firstPasswordHash, ...keep(newLink) },
  };
}

export function createVerificationRequestedFact(newLink?: LinkToMail): AccountFact {
  return {
    type: 'VerificationRequested',
    data: { ...addressed, ...(newLink && { verification: newLink.sealed }) },
    private: keep(newLink),
  };
}

export const accountVerifiedFact: AccountFact = { type: 'AccountVerified', data: addressed };

export function createPasswordResetRequestedFact(verifies: boolean, newLink?: LinkToMail): AccountFact {
  return {
    type: 'PasswordResetRequested',
    data: { ...addressed, verifies, ...(newLink && { reset: newLink.sealed }) },
    private: keep(newLink),
  };
}

export function createPasswordChangedFact(
  how: DataOf<'PasswordChanged'>['how'],
  passwordHash: string,
): AccountFact {
  return {
    type: 'PasswordChanged',
    data: { ...addressed, how },
    private: { passwordHash },
  };
}

export function createPasswordRehashedFact(passwordHash: string): AccountFact {
  return { type: 'PasswordRehashed', data: { userId: adaId }, private: { passwordHash } };
}

export function createSessionsRevokedFact(
  reason: DataOf<'SessionsRevoked'>['reason'],
  sessionId?: string,
  { isTold = reason === 'refresh-reuse' } = {},
): AccountFact {
  return {
    type: 'SessionsRevoked',
    data: {
      ...(isTold ? addressed : { userId: adaId }),
      reason,
      ...(sessionId !== undefined && { sessionId }),
    },
  };
}

/** Returns the two facts that end a registration and revoke its sessions. */
export function createRegistrationEndedFacts(
  reason: DataOf<'RegistrationEnded'>['reason'],
): readonly [AccountFact, AccountFact] {
  return [{ type: 'RegistrationEnded', data: { userId: adaId, reason } }, createSessionsRevokedFact('ended')];
}

export function createProfileChangedFact(data: Omit<DataOf<'ProfileChanged'>, 'userId'>): AccountFact {
  return {
    type: 'ProfileChanged',
    data: { userId: adaId, ...data },
  };
}

export function createRoleChangedFact(
  role: 'user' | 'admin',
  previousRole: 'user' | 'admin',
  changedBy = adminId,
): AccountFact {
  return { type: 'RoleChanged', data: { ...addressed, role, previousRole, changedBy } };
}

export function createAccountDisabledFact(reason?: string): AccountFact {
  return {
    type: 'AccountDisabled',
    data: { userId: adaId, changedBy: adminId, person: reason === undefined ? {} : { reason } },
  };
}

/** Returns the fact that disables a verified account, with the data for the mail to its owner. */
export function createAccountDisabledFactWithMailData(reason?: string): AccountFact {
  const { locale, person: ada } = addressed;
  return {
    type: 'AccountDisabled',
    data: {
      userId: adaId,
      changedBy: adminId,
      locale,
      person: { ...(reason !== undefined && { reason }), ...ada },
    },
  };
}

/**
 * Returns the fact that requests the erasure of Ada's account.
 * @param undo the link that cancels the erasure; undefined if no mail is sent
 */
export function createAccountErasureRequestedFact(
  eraseAt: string,
  undo?: LinkToMail,
  requestedBy = adaId,
): AccountFact {
  return {
    type: 'AccountErasureRequested',
    data: {
      userId: adaId,
      requestedBy,
      eraseAt,
      ...(undo ? { locale: 'en', person: { ...addressed.person, undo: undo.sealed } } : { person: {} }),
    },
    private: undo ? { link: { hash: undo.hash, expiresAt: undo.sealed.expiresAt } } : {},
  };
}

export function createAccountErasureCanceledFact(wasDisabled: boolean, canceledBy = adaId): AccountFact {
  return { type: 'AccountErasureCanceled', data: { userId: adaId, canceledBy, disabled: wasDisabled } };
}

export const accountErasedFact: AccountFact = { type: 'AccountErased', data: { userId: adaId } };

export function createAccountEnabledFact(reason?: string): AccountFact {
  return {
    type: 'AccountEnabled',
    data: { userId: adaId, changedBy: adminId, person: reason === undefined ? {} : { reason } },
  };
}
