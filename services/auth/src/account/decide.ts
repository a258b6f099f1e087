/**
 * The rules of an account: which facts follow from a command, given what happened so far.
 *
 * An account belongs to whoever made it; an address belongs to whoever proves it. So every sign-up is an account of
 * its own, AccountVerified takes the claim on the address, and an account whose address is claimed by another one gets
 * exactly the same facts, without the links.
 */
import { assertNever, type DataOf } from '@latchkey/events';
import type {
  ChangePassword,
  ChangeProfile,
  ChangeRole,
  Command,
  CompleteReset,
  DisableAccount,
  EnableAccount,
  EndRegistration,
  NewLink,
  Proof,
  Register,
  RejectRegistration,
  RenewVerification,
  RequestPasswordReset,
  RevokeSessions,
  Verify,
} from './commands.ts';
import type { AccountFact } from './facts.ts';
import { hasUsableLink, resetRefusal, verificationRefusal } from './link.ts';
import type { RefusalKind } from './refusals.ts';
import { sameHash } from './same-hash.ts';
import { type AccountState, isLiving, type Living } from './state.ts';

/** A refusal may come with facts: they are appended, and the caller is refused. */
export interface Decision {
  readonly facts: readonly AccountFact[];
  readonly refusal?: RefusalKind;
}

const nothing: Decision = { facts: [] };

function accept(...facts: readonly AccountFact[]): Decision {
  return { facts };
}

function refuse(refusal: RefusalKind, facts: readonly AccountFact[] = []): Decision {
  return { facts, refusal };
}

function isClaimedByAnother({ userId }: Living, owner: string | undefined): boolean {
  return owner !== undefined && owner !== userId;
}

/**
 * Returns the private part of a fact with a link, or of one whose link is withheld because the address is another's: its
 * account must behave alike afterwards.
 */
function keptOrWithheld(link: NewLink | undefined, minted: NewLink) {
  const { expiresAt } = minted.sealed;
  return link ? { link: { hash: link.hash, expiresAt } } : { withheldUntil: expiresAt };
}

function because(reason: string | undefined) {
  return reason === undefined ? {} : { reason };
}

/** Returns the data that a mail to the account needs. */
function addressed({ userId, locale, email, username }: Living) {
  return { userId, locale, person: { email, username } };
}

function verified(state: Living): AccountFact {
  return { type: 'AccountVerified', data: addressed(state) };
}

/** The owner is notified of a reuse by mail, so that event names the person. */
function sessionsRevoked(
  state: Living,
  reason: DataOf<'SessionsRevoked'>['reason'],
  sessionId?: string,
): AccountFact {
  const about = reason === 'refresh-reuse' ? addressed(state) : { userId: state.userId };
  return {
    type: 'SessionsRevoked',
    data: { ...about, reason, ...(sessionId !== undefined && { sessionId }) },
  };
}

function ended(state: Living, reason: DataOf<'RegistrationEnded'>['reason']): readonly AccountFact[] {
  return [
    { type: 'RegistrationEnded', data: { userId: state.userId, reason } },
    sessionsRevoked(state, 'ended'),
  ];
}

function passwordChanged(
  state: Living,
  how: DataOf<'PasswordChanged'>['how'],
  passwordHash: string,
): readonly [AccountFact, AccountFact] {
  return [
    { type: 'PasswordChanged', data: { ...addressed(state), how }, private: { passwordHash } },
    sessionsRevoked(state, 'password-changed'),
  ];
}

function register(state: AccountState, command: Register): Decision {
  if (state.status !== 'none') return refuse('conflict');
  const { userId, address, email, username, firstName, lastName, locale, passwordHash } = command;
  const link = command.owner === undefined ? command.link : undefined;
  return accept({
    type: 'UserRegistered',
    data: {
      userId,
      role: 'user',
      locale,
      person: {
        email,
        username,
        ...(firstName !== undefined && { firstName }),
        ...(lastName !== undefined && { lastName }),
      },
      ...(link && { verification: link.sealed }),
    },
    private: { address, passwordHash, ...keptOrWithheld(link, command.link) },
  });
}

function renewVerification(state: AccountState, command: RenewVerification): Decision {
  if (state.status !== 'unverified' || state.disabled) return nothing;
  if (hasUsableLink(state, command.unlessUsableAt)) return nothing;
  const link = isClaimedByAnother(state, command.owner) ? undefined : command.link;
  return accept({
    type: 'VerificationRequested',
    data: { ...addressed(state), ...(link && { verification: link.sealed }) },
    private: keptOrWithheld(link, command.link),
  });
}

/** ADR 29: the link and a proof, in one step. */
function verify(state: AccountState, command: Verify): Decision {
  const { tokenHash, now, owner, proof } = command;
  const refusal = verificationRefusal(state, tokenHash, now);
  if (refusal) return refuse(refusal);
  if (state.status !== 'unverified') return verifyAgain(state, proof);
  if (isClaimedByAnother(state, owner)) return refuse('token_invalid', ended(state, 'superseded'));
  if (!proves(state, proof)) return refuse('password_required');
  if (proof.kind !== 'new-password') return accept(verified(state));
  // Verified first, so that the link stays known as the one that was used.
  return accept(verified(state), ...passwordChanged(state, 'first', proof.passwordHash));
}

/** A link that was used is no error, but sets no password a second time. */
function verifyAgain(state: AccountState, proof: Proof): Decision {
  if (proof.kind !== 'new-password') return nothing;
  const isRepeat = isLiving(state) && sameHash(proof.passwordHash, state.passwordHash);
  return isRepeat ? nothing : refuse('token_invalid');
}

/** Whether a proof that comes with the link belongs to this very sign-up. */
export function proves(state: Living, proof: Proof): boolean {
  switch (proof.kind) {
    case 'password':
      return sameHash(proof.passwordHash, state.passwordHash);
    case 'holder':
      return proof.holders.some(
        ({ userId, since }) => userId === state.userId && since >= state.allRevokedAt && !state.disabled,
      );
    case 'new-password':
      return true;
    default:
      return assertNever(proof);
  }
}

function rejectRegistration(state: AccountState, command: RejectRegistration): Decision {
  const refusal = verificationRefusal(state, command.tokenHash, command.now);
  if (refusal) return refuse(refusal);
  return state.status === 'unverified' ? accept(...ended(state, 'rejected')) : refuse('token_invalid');
}

/** A registration that never had a link cannot take anything over, so it is left to expire. */
function endRegistration(state: AccountState, command: EndRegistration): Decision {
  if (state.status !== 'unverified') return nothing;
  const isSuperseded = state.everLinked && isClaimedByAnother(state, command.owner);
  if (command.reason === 'superseded' && !isSuperseded) return nothing;
  return accept(...ended(state, command.reason));
}

function requestPasswordReset(state: AccountState, command: RequestPasswordReset): Decision {
  if (!isLiving(state) || state.disabled) return nothing;
  if (hasUsableLink(state, command.unlessUsableAt)) return nothing;
  const link = isClaimedByAnother(state, command.owner) ? undefined : command.link;
  return accept({
    type: 'PasswordResetRequested',
    data: {
      ...addressed(state),
      ...(link && { reset: link.sealed }),
      verifies: state.status === 'unverified',
    },
    private: keptOrWithheld(link, command.link),
  });
}

/** If nobody has proven the address yet, completing a reset proves it. */
function completeReset(state: AccountState, command: CompleteReset): Decision {
  const refusal = resetRefusal(state, command.tokenHash, command.now);
  if (refusal) return refuse(refusal);
  if (!isLiving(state)) return refuse('token_invalid');
  if (state.status === 'verified') return accept(...passwordChanged(state, 'reset', command.passwordHash));
  if (isClaimedByAnother(state, command.owner)) return refuse('token_invalid', ended(state, 'superseded'));
  const [changed, revoked] = passwordChanged(state, 'first', command.passwordHash);
  return accept(changed, verified(state), revoked);
}

function changePassword(state: AccountState, command: ChangePassword): Decision {
  if (state.status !== 'verified') return refuse('account_not_verified');
  if (!sameHash(command.checkedHash, state.passwordHash)) return refuse('current_password_incorrect');
  return accept(...passwordChanged(state, 'change', command.passwordHash));
}

function changeProfile(
  state: AccountState,
  { username, firstName, lastName, locale }: ChangeProfile,
): Decision {
  if (state.status !== 'verified') return refuse('account_not_verified');
  const person = {
    ...(username !== undefined && username !== state.username && { username }),
    ...(firstName !== undefined && firstName !== state.firstName && { firstName }),
    ...(lastName !== undefined && lastName !== state.lastName && { lastName }),
  };
  const isMoved = locale !== undefined && locale !== state.locale;
  if (Object.keys(person).length === 0 && !isMoved) return nothing;
  return accept({
    type: 'ProfileChanged',
    data: { userId: state.userId, person, ...(isMoved && { locale }) },
  });
}

function changeRole(state: AccountState, { role, by }: ChangeRole): Decision {
  if (!isLiving(state)) return refuse('not_found');
  if (by === state.userId) return refuse('own_account');
  if (state.status !== 'verified') return refuse('conflict');
  if (role === state.role) return nothing;
  return accept(
    { type: 'RoleChanged', data: { ...addressed(state), role, previousRole: state.role, changedBy: by } },
    sessionsRevoked(state, 'role-changed'),
  );
}

function disableAccount(state: AccountState, { by, reason }: DisableAccount): Decision {
  if (!isLiving(state)) return refuse('not_found');
  if (by === state.userId) return refuse('own_account');
  if (state.disabled) return nothing;
  return accept(
    { type: 'AccountDisabled', data: { userId: state.userId, changedBy: by, person: because(reason) } },
    sessionsRevoked(state, 'disabled'),
  );
}

function enableAccount(state: AccountState, { by, reason }: EnableAccount): Decision {
  if (!isLiving(state)) return refuse('not_found');
  if (!state.disabled) return nothing;
  return accept({
    type: 'AccountEnabled',
    data: { userId: state.userId, changedBy: by, person: because(reason) },
  });
}

function revokeSessions(state: AccountState, { reason, since, sessionId }: RevokeSessions): Decision {
  if (!isLiving(state) || (since !== undefined && since < state.allRevokedAt)) return nothing;
  if (sessionId !== undefined && state.revokedSessions.includes(sessionId)) return nothing;
  return accept(sessionsRevoked(state, reason, sessionId));
}

export function decide(state: AccountState, command: Command): Decision {
  switch (command.type) {
    case 'Register':
      return register(state, command);
    case 'RenewVerification':
      return renewVerification(state, command);
    case 'Verify':
      return verify(state, command);
    case 'RejectRegistration':
      return rejectRegistration(state, command);
    case 'EndRegistration':
      return endRegistration(state, command);
    case 'RequestPasswordReset':
      return requestPasswordReset(state, command);
    case 'CompleteReset':
      return completeReset(state, command);
    case 'ChangePassword':
      return changePassword(state, command);
    case 'ChangeProfile':
      return changeProfile(state, command);
    case 'ChangeRole':
      return changeRole(state, command);
    case 'DisableAccount':
      return disableAccount(state, command);
    case 'EnableAccount':
      return enableAccount(state, command);
    case 'RevokeSessions':
      return revokeSessions(state, command);
    default:
      return assertNever(command);
  }
}

/** Returns the claim on a canonical address. */
export function addressClaim(address: string): string {
  return `address:${address}`;
}

/** Returns what the commit of these facts is found by: the claim on a proven address, the address of a sign-up. */
export function keysOf(
  state: AccountState,
  facts: readonly AccountFact[],
): { readonly claims?: readonly string[]; readonly address?: string } {
  const registered = facts.find((fact) => fact.type === 'UserRegistered');
  const isVerified = facts.some((fact) => fact.type === 'AccountVerified');
  return {
    ...(isVerified && state.status !== 'none' && { claims: [addressClaim(state.address)] }),
    ...(registered && { address: registered.private.address }),
  };
}
