/**
 * The state of an account, computed by folding the account's facts. `decide` bases its decisions on this
 * state.
 */
import { assertNever, type Role } from '@latchkey/events';
import type { AccountFact, FactOf, MailedLink, MailedOrWithheldLink } from './facts.ts';

/** An erasure that was requested and can still be canceled. */
export interface PendingErasure {
  /** The time at which the account is to be erased (RFC 3339). */
  readonly at: string;
  /** The link that cancels the erasure, if one was mailed. */
  readonly undo?: MailedLink;
  /** Whether the account was already disabled when its erasure was requested. */
  readonly wasDisabled: boolean;
}

interface RegisteredAccount {
  readonly userId: string;
  /** The address in canonical form, which sign-ups, logins, rate limits and claims use. */
  readonly address: string;
  /**
   * The address in the spelling of the request, which is the address to which mails are sent. Empty once the
   * person is erased.
   */
  readonly email: string;
  /** The username. Empty once the person is erased. */
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale: string;
  readonly role: Role;
  readonly passwordHash: string;
  /** Whether the account is disabled; also true while an erasure is pending. */
  readonly disabled: boolean;
  /** The pending erasure of the account, if there is one. */
  readonly erasure?: PendingErasure;
  /** The newest password reset link. Absent once it has been used. */
  readonly reset?: MailedLink;
  /** The latest expiry of all verification and reset links, whether mailed or withheld. RFC 3339. */
  readonly linksUntil?: string;
  /** The sequence of the last SessionsRevoked. Access tokens issued at a lower sequence are invalid. */
  readonly revokedAt: number;
  /**
   * The sequence of the last SessionsRevoked that ended all sessions, and not only one. Sessions created at a
   * lower sequence are invalid.
   */
  readonly allRevokedAt: number;
  /** The ids of sessions that were revoked one by one. Only the most recent ids are kept. */
  readonly revokedSessions: readonly string[];
  /** The sequence of the last fact of the account. */
  readonly sequence: number;
}

/** An account that has signed up, but whose address is not verified yet. */
export interface UnverifiedAccount extends RegisteredAccount {
  readonly status: 'unverified';
  /** The newest verification link, if one was mailed. */
  readonly verification?: MailedLink;
  /** Whether a verification or reset link of this account was ever mailed. */
  readonly everLinked: boolean;
}

/** An address, and the link that changes the account's address to it. */
interface LinkedAddress {
  /** The new address in canonical form, by which addresses are compared. */
  readonly address: string;
  /** The new address in the spelling of the request. Empty once the person is erased. */
  readonly email: string;
  readonly link: MailedLink;
}

/** An account whose address is verified. */
export interface VerifiedAccount extends RegisteredAccount {
  readonly status: 'verified';
  /**
   * The requested new address, with the link that confirms the change. Absent if no change is waiting for
   * confirmation.
   */
  readonly emailChange?: LinkedAddress & { readonly passwordHash: string };
  /** The confirmation link of the last change of address, kept so that clicking it again is not an error. */
  readonly usedEmailChange?: MailedLink;
  /**
   * The address before the last change, with the link that undoes the change. The account keeps the claim on
   * this address until the change is final.
   */
  readonly previous?: LinkedAddress;
  /** The verification link that was used, kept so that clicking it again is not an error. */
  readonly usedVerification?: MailedLink;
}

/** An account that was erased, or whose registration ended before its address was verified. */
export interface EndedAccount extends RegisteredAccount {
  readonly status: 'ended';
  /** True once the account was erased. The state then contains no personal data. */
  readonly erased?: true;
}

/** An account that was not erased, and whose registration has not ended. */
export type LivingAccount = UnverifiedAccount | VerifiedAccount;

/** An account that has signed up, in any later state. */
export type ExistingAccount = LivingAccount | EndedAccount;

/** The state of an account; `none` before its sign-up. */
export type AccountState = { readonly status: 'none' } | ExistingAccount;

/**
 * Increase this number whenever the shape of AccountState changes: snapshots of other versions are ignored.
 */
export const ACCOUNT_STATE_VERSION = 7;

/**
 * How many ids of revoked sessions the state keeps. The ids are needed only if the process crashes after
 * revoking a session and before deleting it from the session store, so the most recent ids are enough.
 */
const REVOKED_SESSIONS = 50;

export const initialAccountState: AccountState = { status: 'none' };

/**
 * Returns the state of an account after one more fact.
 * @throws TypeError if the first fact is not UserRegistered
 */
export function applyAccountFact(before: AccountState, fact: AccountFact): AccountState {
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
    case 'PasswordRehashed':
      return { ...state, passwordHash: fact.private.passwordHash };
    case 'EmailChangeRequested':
      return state.status === 'verified' ? withEmailChange(state, fact) : state;
    case 'EmailChangeCanceled':
      return state.status === 'verified' ? withoutEmailChange(state) : state;
    case 'EmailChanged':
      return state.status === 'verified' ? emailChanged(state, fact) : state;
    case 'EmailChangeReverted':
      return state.status === 'verified' ? emailReverted(state, fact) : state;
    case 'EmailChangeSettled':
      return state.status === 'verified' ? settled(state) : state;
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
    case 'AccountErasureRequested':
      return withErasure(state, fact);
    case 'AccountErasureCanceled':
      return withoutErasure({ ...state, disabled: fact.data.disabled });
    case 'AccountErased':
      return erased(state);
    case 'OwnerAlerted':
      return state;
    case 'SessionsRevoked':
      return withRevoked(state, fact.data.sessionId);
    default:
      return assertNever(fact);
  }
}

/** Narrows to an account that has signed up, has not ended and is not erased. */
export function isLivingAccount(state: AccountState): state is LivingAccount {
  return state.status === 'unverified' || state.status === 'verified';
}

/**
 * Narrows to an existing account, for callers that know that the account exists.
 * @throws TypeError if the account does not exist
 */
export function requireExistingAccount(state: AccountState): ExistingAccount {
  if (state.status === 'none') throw new TypeError('the account does not exist');
  return state;
}

function registered({ data, private: kept }: FactOf<'UserRegistered'>): UnverifiedAccount {
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

/**
 * Returns those fields of an event's `person` that are names. Omits a name that the event does not contain,
 * for example because it was erased, so that the name in the state is kept when the result is merged into it.
 */
function names(person: { [K in 'username' | 'firstName' | 'lastName']?: string | undefined } | null) {
  return {
    ...(person?.username !== undefined && { username: person.username }),
    ...(person?.firstName !== undefined && { firstName: person.firstName }),
    ...(person?.lastName !== undefined && { lastName: person.lastName }),
  };
}

function expiryOf({ link, withheldUntil }: MailedOrWithheldLink): string | undefined {
  return link?.expiresAt ?? withheldUntil;
}

function withExpiry<State extends ExistingAccount>(state: State, kept: MailedOrWithheldLink): State {
  const until = expiryOf(kept);
  if (until === undefined) return state;
  const { linksUntil = until } = state;
  return { ...state, linksUntil: Date.parse(linksUntil) > Date.parse(until) ? linksUntil : until };
}

/**
 * Returns the state after a new verification link was created. A mailed link replaces the previous link. If
 * the new link was withheld, the previous link remains valid.
 */
function withVerification(before: UnverifiedAccount, kept: MailedOrWithheldLink): UnverifiedAccount {
  const state = withExpiry(before, kept);
  return kept.link ? { ...state, verification: kept.link, everLinked: true } : state;
}

function withReset(before: ExistingAccount, kept: MailedOrWithheldLink): AccountState {
  const state = withExpiry(before, kept);
  if (kept.link === undefined) return state;
  return state.status === 'unverified'
    ? { ...state, reset: kept.link, everLinked: true }
    : { ...state, reset: kept.link };
}

function verified({
  verification,
  everLinked: _,
  linksUntil: _until,
  ...state
}: UnverifiedAccount): VerifiedAccount {
  return {
    ...state,
    status: 'verified',
    ...(state.reset && { linksUntil: state.reset.expiresAt }),
    ...(verification && { usedVerification: verification }),
  };
}

/**
 * Returns the state after another request to change the address. The request cancels the previous request,
 * even if the new link was withheld because the address is taken. An account must behave the same whether or
 * not the requested address is taken.
 */
function withEmailChange(
  before: VerifiedAccount,
  { data: { person }, private: { address, passwordHash, link } }: FactOf<'EmailChangeRequested'>,
): VerifiedAccount {
  const state = withoutEmailChange(before);
  if (link === undefined) return state;
  return { ...state, emailChange: { address, email: person?.newEmail ?? '', passwordHash, link } };
}

function withoutEmailChange({ emailChange: _, ...state }: VerifiedAccount): VerifiedAccount {
  return state;
}

function emailChanged(
  state: VerifiedAccount,
  { data: { person }, private: { address, passwordHash, link } }: FactOf<'EmailChanged'>,
): VerifiedAccount {
  const { usedEmailChange: _, ...rest } = withoutOpenLinks(state);
  return {
    ...rest,
    address,
    email: person?.email ?? '',
    passwordHash,
    previous: { address: state.address, email: state.email, link },
    ...(state.emailChange && { usedEmailChange: state.emailChange.link }),
  };
}

function emailReverted(
  state: VerifiedAccount,
  { data: { person }, private: { address } }: FactOf<'EmailChangeReverted'>,
): VerifiedAccount {
  const { previous: _, usedEmailChange: _used, ...rest } = withoutOpenLinks(state);
  return { ...rest, address, email: person?.email ?? '' };
}

function settled({ previous: _, ...state }: VerifiedAccount): VerifiedAccount {
  return state;
}

function ended(state: ExistingAccount): EndedAccount {
  const { reset: _, linksUntil: _until, ...rest } = state;
  if (rest.status === 'unverified') {
    const { verification: _verification, everLinked: _everLinked, ...kept } = rest;
    return { ...kept, status: 'ended' };
  }
  if (rest.status === 'ended') return rest;
  const { emailChange: _change, usedEmailChange: _used, previous: _previous, ...kept } = rest;
  return { ...kept, status: 'ended' };
}

function withErasure(
  state: ExistingAccount,
  { data: { eraseAt }, private: { link } }: FactOf<'AccountErasureRequested'>,
): AccountState {
  const { wasDisabled } = state.erasure ?? { wasDisabled: state.disabled };
  const erasure = { at: eraseAt, wasDisabled, ...(link && { undo: link }) };
  return { ...withoutLinks(state), disabled: true, erasure };
}

function withoutErasure({ erasure: _, ...state }: ExistingAccount): ExistingAccount {
  return state;
}

/**
 * Returns the state after the account was erased. Only data that is not personal remains: id, role, language
 * and sequences.
 */
function erased(state: ExistingAccount): EndedAccount {
  const { firstName: _first, lastName: _last, ...rest } = ended(withoutErasure(state));
  return { ...rest, address: '', email: '', username: '', passwordHash: '', disabled: true, erased: true };
}

/**
 * Returns the state after sessions were revoked.
 * @param sessionId the revoked session; undefined for all sessions
 */
function withRevoked(state: ExistingAccount, sessionId: string | undefined): AccountState {
  const revokedAt = state.sequence;
  if (sessionId === undefined) return { ...state, revokedAt, allRevokedAt: revokedAt, revokedSessions: [] };
  const revokedSessions = [...state.revokedSessions, sessionId].slice(-REVOKED_SESSIONS);
  return { ...state, revokedAt, revokedSessions };
}

/**
 * Returns the state without unused links, except the link that undoes a change of address. Keeps links that
 * were already used.
 */
function withoutLinks(state: ExistingAccount): ExistingAccount {
  if (state.status === 'verified') return withoutOpenLinks(state);
  const { reset: _, linksUntil: _until, ...rest } = state;
  if (rest.status !== 'unverified') return rest;
  const { verification: _verification, ...kept } = rest;
  return kept;
}

function withoutOpenLinks({
  reset: _,
  linksUntil: _until,
  emailChange: _change,
  ...state
}: VerifiedAccount): VerifiedAccount {
  return state;
}
