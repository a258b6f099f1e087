/** What an account is, as far as decisions need it: the fold of its facts. */
import { assertNever, type Role } from '@latchkey/events';
import type { AccountFact, FactOf, Link, LinkOrWithheld } from './facts.ts';

interface Registered {
  readonly userId: string;
  /** Canonical: used for sign-up, login, limits and the claim. */
  readonly address: string;
  /** As it was typed: where mail goes. Empty once the person is erased. */
  readonly email: string;
  /** Empty once the person is erased. */
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly disabled: boolean;
  /** The newest reset link that was not used. */
  readonly reset?: Link;
  /** When the last link expires that was mailed, or withheld, and that still leads into the account. RFC 3339. */
  readonly linksUntil?: string;
  /** Sequence of the last SessionsRevoked: access tokens decided on a lower one are dead. */
  readonly revokedAt: number;
  /** Sequence of the last SessionsRevoked that ended every session: sessions decided on a lower one are dead. */
  readonly allRevokedAt: number;
  /** Ids of sessions that were revoked alone, the last ones. */
  readonly revokedSessions: readonly string[];
  /** Sequence of the last fact. */
  readonly sequence: number;
}

/** Signed up; the address is not proven yet. */
export interface Unverified extends Registered {
  readonly status: 'unverified';
  /** The newest verification link. */
  readonly verification?: Link;
  /** Whether this account ever had a link, of either purpose. */
  readonly everLinked: boolean;
}

/** Has proven its address. */
export interface Verified extends Registered {
  readonly status: 'verified';
  /** The verification link that was used: a second click is no error. */
  readonly usedVerification?: Link;
}

/** The registration is over and never comes back. */
export interface Ended extends Registered {
  readonly status: 'ended';
}

export type Living = Unverified | Verified;

/** Every account that has ever signed up. */
export type Existing = Living | Ended;

export type AccountState = { readonly status: 'none' } | Existing;

/** Raised whenever the shape of AccountState changes: snapshots of another version are ignored. */
export const STATE_VERSION = 4;

/**
 * How many ids of revoked sessions a state keeps. A revoked session is deleted from the store in the same request, so
 * only the last ones can still be there after a crash.
 */
const REVOKED_SESSIONS = 50;

export const initialState: AccountState = { status: 'none' };

/**
 * Returns the state after one more fact.
 * @throws TypeError if the first fact is not UserRegistered
 */
export function evolve(before: AccountState, fact: AccountFact): AccountState {
  if (fact.type === 'UserRegistered') return registered(fact);
  if (before.status === 'none') throw new TypeError(`${fact.type} before UserRegistered`);
  const state = { ...before, sequence: before.sequence + 1 };
  switch (fact.type) {
    case 'VerificationRequested':
      return state.status === 'unverified' ? withVerification(state, fact.private) : state;
    case 'AccountVerified':
      return state.status === 'unverified' ? verified(state) : state;
    case 'RegistrationEnded':
      return ended(state);
    case 'PasswordResetRequested':
      return withReset(state, fact.private);
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
      return withRevoked(state, fact.data.sessionId);
    default:
      return assertNever(fact);
  }
}

/** Narrows to an account that has signed up and has not ended. */
export function isLiving(state: AccountState): state is Living {
  return state.status === 'unverified' || state.status === 'verified';
}

/** @throws TypeError if the account does not exist: for callers that have checked it */
export function existing(state: AccountState): Existing {
  if (state.status === 'none') throw new TypeError('the account does not exist');
  return state;
}

function registered({ data, private: kept }: FactOf<'UserRegistered'>): Unverified {
  const { userId, role, locale, person } = data;
  const { address, passwordHash, link } = kept;
  const linksUntil = expiryOf(kept);
  return {
    status: 'unverified',
    userId,
    address,
    email: person?.email ?? '',
    username: '',
    ...names(person),
    locale,
    role,
    passwordHash,
    disabled: false,
    everLinked: link !== undefined,
    ...(link && { verification: link }),
    ...(linksUntil !== undefined && { linksUntil }),
    revokedAt: 0,
    allRevokedAt: 0,
    revokedSessions: [],
    sequence: 1,
  };
}

/** Returns the given names; erased ones change nothing. */
function names(person: { [K in 'username' | 'firstName' | 'lastName']?: string | undefined } | null) {
  return {
    ...(person?.username !== undefined && { username: person.username }),
    ...(person?.firstName !== undefined && { firstName: person.firstName }),
    ...(person?.lastName !== undefined && { lastName: person.lastName }),
  };
}

function expiryOf({ link, withheldUntil }: LinkOrWithheld): string | undefined {
  return link?.expiresAt ?? withheldUntil;
}

function withExpiry<State extends Existing>(state: State, kept: LinkOrWithheld): State {
  const until = expiryOf(kept);
  if (until === undefined) return state;
  const { linksUntil = until } = state;
  return { ...state, linksUntil: Date.parse(linksUntil) > Date.parse(until) ? linksUntil : until };
}

/** A newer link supersedes the older one; without a link the older one stays. */
function withVerification(before: Unverified, kept: LinkOrWithheld): Unverified {
  const state = withExpiry(before, kept);
  return kept.link ? { ...state, verification: kept.link, everLinked: true } : state;
}

function withReset(before: Existing, kept: LinkOrWithheld): AccountState {
  const state = withExpiry(before, kept);
  if (kept.link === undefined) return state;
  return state.status === 'unverified'
    ? { ...state, reset: kept.link, everLinked: true }
    : { ...state, reset: kept.link };
}

function verified({ verification, everLinked: _, linksUntil: _until, ...state }: Unverified): Verified {
  return {
    ...state,
    status: 'verified',
    ...(state.reset && { linksUntil: state.reset.expiresAt }),
    ...(verification && { usedVerification: verification }),
  };
}

function ended(state: Existing): Ended {
  const { reset: _, linksUntil: _until, ...rest } = state;
  if (rest.status === 'unverified') {
    const { verification: _verification, everLinked: _everLinked, ...kept } = rest;
    return { ...kept, status: 'ended' };
  }
  return { ...rest, status: 'ended' };
}

/** @param sessionId the session that ended; undefined if all did */
function withRevoked(state: Existing, sessionId: string | undefined): AccountState {
  const revokedAt = state.sequence;
  if (sessionId === undefined) return { ...state, revokedAt, allRevokedAt: revokedAt, revokedSessions: [] };
  const revokedSessions = [...state.revokedSessions, sessionId].slice(-REVOKED_SESSIONS);
  return { ...state, revokedAt, revokedSessions };
}

/** Ends every open link. A used verification link stays known. */
function withoutLinks({ reset: _, linksUntil: _until, ...state }: Existing): AccountState {
  if (state.status !== 'unverified') return state;
  const { verification: _verification, ...rest } = state;
  return rest;
}
