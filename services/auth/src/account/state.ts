/** What an account is, as far as decisions need it: the fold of its facts. */
import type { Role } from '@latchkey/events';
import { assertNever } from './assert-never.ts';
import type { AccountFact } from './facts.ts';

/** A link that was mailed. `expiresAt` is an RFC 3339 instant. */
export interface Link {
  readonly hash: string;
  readonly expiresAt: string;
}

export interface AccountState {
  /** `ended`: the registration is over and never comes back. */
  readonly status: 'none' | 'unverified' | 'verified' | 'ended';
  readonly disabled: boolean;
  readonly userId: string;
  /** Canonical: what sign-up, login, limits and the claim go by. */
  readonly address: string;
  /** As it was typed: where mail goes. */
  readonly email: string;
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale: string;
  readonly role: Role;
  readonly passwordHash: string;
  /** The newest verification link. Once used it stays, so that a second click is not an error. */
  readonly verification?: Link & { readonly used: boolean };
  readonly reset?: Link;
  /** Whether any link of this account was ever minted. */
  readonly everLinked: boolean;
  /** The sequence of the last SessionsRevoked; what was decided on a lower one is dead. */
  readonly revokedAt: number;
  /** Of the last fact. */
  readonly sequence: number;
}

/** Raised whenever the shape of AccountState changes, so that snapshots of another shape are not used. */
export const STATE_VERSION = 1;

export const initialState: AccountState = {
  status: 'none',
  disabled: false,
  userId: '',
  address: '',
  email: '',
  username: '',
  locale: 'en',
  role: 'user',
  passwordHash: '',
  everLinked: false,
  revokedAt: 0,
  sequence: 0,
};

/** The state after one more fact. */
export function evolve(before: AccountState, fact: AccountFact): AccountState {
  const state: AccountState = { ...before, sequence: before.sequence + 1 };
  switch (fact.type) {
    case 'UserRegistered': {
      const { userId, role, locale, person } = fact.data;
      const { address, passwordHash, link } = fact.private;
      const named = { email: person?.email ?? '', username: person?.username ?? '', ...names(person) };
      return withVerification(
        { ...state, status: 'unverified', userId, role, locale, address, passwordHash, ...named },
        link,
      );
    }
    case 'VerificationRequested':
      return withVerification(state, fact.private.link);
    case 'AccountVerified':
      return {
        ...state,
        status: 'verified',
        ...(state.verification && { verification: { ...state.verification, used: true } }),
      };
    case 'RegistrationEnded':
      return withoutLinks({ ...state, status: 'ended' });
    case 'PasswordResetRequested':
      return fact.private.link ? { ...state, reset: fact.private.link, everLinked: true } : state;
    case 'PasswordChanged':
      return withoutLinks({ ...state, passwordHash: fact.private.passwordHash });
    case 'ProfileChanged': {
      const { person, locale } = fact.data;
      return { ...state, ...names(person), ...(locale !== undefined && { locale }) };
    }
    case 'RoleChanged':
      return { ...state, role: fact.data.role };
    case 'AccountDisabled':
      return withoutLinks({ ...state, disabled: true });
    case 'AccountEnabled':
      return { ...state, disabled: false };
    case 'SessionsRevoked':
      return { ...state, revokedAt: state.sequence };
    default:
      return assertNever(fact);
  }
}

/** A newer link supersedes the older one; without a link the older one stays. */
function withVerification(state: AccountState, link: Link | undefined): AccountState {
  return link ? { ...state, verification: { ...link, used: false }, everLinked: true } : state;
}

/** The names that are given; erased ones change nothing. */
function names(person: { [K in 'username' | 'firstName' | 'lastName']?: string | undefined } | null) {
  return {
    ...(person?.username !== undefined && { username: person.username }),
    ...(person?.firstName !== undefined && { firstName: person.firstName }),
    ...(person?.lastName !== undefined && { lastName: person.lastName }),
  };
}

/** Ends every open link. A used verification link stays known. */
function withoutLinks({ reset: _reset, verification, ...state }: AccountState): AccountState {
  return verification?.used ? { ...state, verification } : state;
}
