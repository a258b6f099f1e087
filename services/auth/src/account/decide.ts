/**
 * The rules of an account: which facts a command leads to in a given state. Several sign-ups with the same
 * address are separate accounts. The first one to verify the address gets it: AccountVerified takes the claim
 * on the address. A sign-up with an address that another account has claimed leads to the same facts, but
 * without links.
 */
import { assertNever, type DataOf } from '@latchkey/events';
import type {
  AccountCommand,
  AlertOwnerCommand,
  CancelEmailChangeCommand,
  CancelErasureCommand,
  ChangePasswordCommand,
  ChangeProfileCommand,
  ChangeRoleCommand,
  CompleteResetCommand,
  ConfirmEmailChangeCommand,
  DisableAccountCommand,
  EnableAccountCommand,
  EndRegistrationCommand,
  EraseAccountCommand,
  FinalizeEmailChangeCommand,
  NewMailedLink,
  OtherAdminsCheck,
  RegisterAccountCommand,
  RehashPasswordCommand,
  RejectRegistrationCommand,
  RenewVerificationCommand,
  RequestEmailChangeCommand,
  RequestErasureCommand,
  RequestPasswordResetCommand,
  RevertEmailChangeCommand,
  RevokeSessionsCommand,
  SignUpProof,
  UndoEmailChangeCommand,
  VerifyAccountCommand,
} from './commands.ts';
import type { AccountFact } from './facts.ts';
import {
  checkEmailChangeLink,
  checkEmailUndoLink,
  checkErasureUndoLink,
  checkResetLink,
  checkVerificationLink,
  hasUsableLink,
  isLinkUnexpired,
} from './link.ts';
import type { RefusalKind } from './refusals.ts';
import { isSameHash } from './same-hash.ts';
import {
  type AccountState,
  isLivingAccount,
  type LivingAccount,
  type PendingErasure,
  type VerifiedAccount,
} from './state.ts';

/**
 * The result of a command: facts to append, a refusal, or both. The facts are appended even if the command is
 * refused.
 */
export interface Decision {
  readonly facts: readonly AccountFact[];
  /** Claims that the commit takes in addition to those returned by `computeLookupKeys`. */
  readonly claims?: readonly string[];
  readonly refusal?: RefusalKind;
}

const nothing: Decision = { facts: [] };

function accept(...facts: readonly AccountFact[]): Decision {
  return { facts };
}

function refuse(refusal: RefusalKind, facts: readonly AccountFact[] = []): Decision {
  return { facts, refusal };
}

function isClaimedByAnother({ userId }: LivingAccount, owner: string | undefined): boolean {
  return owner !== undefined && owner !== userId;
}

/**
 * Returns the private fields of a fact that sends a link. If the link is withheld because another account has
 * the address, the fields hold only its expiry, so that the account behaves as if the link had been mailed.
 */
function keptOrWithheld(link: NewMailedLink | undefined, minted: NewMailedLink) {
  const { expiresAt } = minted.sealed;
  return link ? { link: { hash: link.hash, expiresAt } } : { withheldUntil: expiresAt };
}

function because(reason: string | undefined) {
  return reason === undefined ? {} : { reason };
}

/** Returns the data that every mail to the account needs. */
function addressed({ userId, locale, email, username }: LivingAccount) {
  return { userId, locale, person: { email, username } };
}

function verified(state: LivingAccount): AccountFact {
  return { type: 'AccountVerified', data: addressed(state) };
}

/**
 * Returns the fact `SessionsRevoked`. It contains personal data only after a refresh token of a verified account was
 * reused, because the owner then gets a mail about it.
 * @param details.notifies whether the owner gets that mail. Default: true
 */
function sessionsRevoked(
  state: LivingAccount,
  reason: DataOf<'SessionsRevoked'>['reason'],
  { sessionId, notifies = true }: Pick<RevokeSessionsCommand, 'sessionId' | 'notifies'> = {},
): AccountFact {
  const isTold = reason === 'refresh-reuse' && notifies && canBeTold(state);
  const about = isTold ? addressed(state) : { userId: state.userId };
  return {
    type: 'SessionsRevoked',
    data: { ...about, reason, ...(sessionId !== undefined && { sessionId }) },
  };
}

function ended(state: LivingAccount, reason: DataOf<'RegistrationEnded'>['reason']): readonly AccountFact[] {
  return [
    { type: 'RegistrationEnded', data: { userId: state.userId, reason } },
    sessionsRevoked(state, 'ended'),
  ];
}

function passwordChanged(
  state: LivingAccount,
  how: DataOf<'PasswordChanged'>['how'],
  passwordHash: string,
): readonly [AccountFact, AccountFact] {
  return [
    { type: 'PasswordChanged', data: { ...addressed(state), how }, private: { passwordHash } },
    sessionsRevoked(state, 'password-changed'),
  ];
}

function register(state: AccountState, command: RegisterAccountCommand): Decision {
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

function renewVerification(state: AccountState, command: RenewVerificationCommand): Decision {
  if (state.status !== 'unverified' || state.disabled) return nothing;
  if (hasUsableLink(state, command.unlessUsableAt)) return nothing;
  const link = isClaimedByAnother(state, command.owner) ? undefined : command.link;
  return accept({
    type: 'VerificationRequested',
    data: { ...addressed(state), ...(link && { verification: link.sealed }) },
    private: keptOrWithheld(link, command.link),
  });
}

/** Verifies the account with the link and a proof in one step (ADR 29). */
function verify(state: AccountState, command: VerifyAccountCommand): Decision {
  const { tokenHash, now, owner, proof } = command;
  const refusal = checkVerificationLink(state, tokenHash, now);
  if (refusal) return refuse(refusal);
  if (state.status !== 'unverified') return verifyAgain(state, proof);
  if (isClaimedByAnother(state, owner)) return refuse('token_invalid', ended(state, 'superseded'));
  if (!proofMatchesAccount(state, proof)) return refuse('password_required');
  if (proof.kind !== 'new-password') return accept(verified(state));
  // AccountVerified comes first, so that the state records the link as used.
  return accept(verified(state), ...passwordChanged(state, 'first', proof.passwordHash));
}

/** Clicking a used link again is not an error, but cannot set a second password. */
function verifyAgain(state: AccountState, proof: SignUpProof): Decision {
  if (proof.kind !== 'new-password') return nothing;
  const isRepeat = isLivingAccount(state) && isSameHash(proof.passwordHash, state.passwordHash);
  return isRepeat ? nothing : refuse('token_invalid');
}

/**
 * Returns whether the proof shows that the sender owns the account that the link is for. A new password
 * always does.
 */
export function proofMatchesAccount(state: LivingAccount, proof: SignUpProof): boolean {
  switch (proof.kind) {
    case 'password':
      return isSameHash(proof.passwordHash, state.passwordHash);
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

function rejectRegistration(state: AccountState, command: RejectRegistrationCommand): Decision {
  const refusal = checkVerificationLink(state, command.tokenHash, command.now);
  if (refusal) return refuse(refusal);
  return state.status === 'unverified' ? accept(...ended(state, 'rejected')) : refuse('token_invalid');
}

/**
 * Ends a registration. One that never had a link is not superseded: it could not have been verified, so it is
 * left to expire.
 */
function endRegistration(state: AccountState, command: EndRegistrationCommand): Decision {
  if (state.status !== 'unverified') return nothing;
  const isSuperseded = state.everLinked && isClaimedByAnother(state, command.owner);
  if (command.reason === 'superseded' && !isSuperseded) return nothing;
  return accept(...ended(state, command.reason));
}

function requestPasswordReset(state: AccountState, command: RequestPasswordResetCommand): Decision {
  if (!isLivingAccount(state) || state.disabled || state.address !== command.address) return nothing;
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

/**
 * Sets the new password. Also verifies the address if it is not verified yet, because the link was mailed to
 * it.
 */
function completeReset(state: AccountState, command: CompleteResetCommand): Decision {
  const refusal = checkResetLink(state, command.tokenHash, command.now);
  if (refusal) return refuse(refusal);
  if (!isLivingAccount(state)) return refuse('token_invalid');
  if (state.status === 'verified') return accept(...passwordChanged(state, 'reset', command.passwordHash));
  if (isClaimedByAnother(state, command.owner)) return refuse('token_invalid', ended(state, 'superseded'));
  const [changed, revoked] = passwordChanged(state, 'first', command.passwordHash);
  return accept(changed, verified(state), revoked);
}

function changePassword(state: AccountState, command: ChangePasswordCommand): Decision {
  if (state.status !== 'verified') return refuse('account_not_verified');
  if (!isSameHash(command.checkedHash, state.passwordHash)) return refuse('current_password_incorrect');
  return accept(...passwordChanged(state, 'change', command.passwordHash));
}

/** Leaves sessions and links valid, because the password itself does not change. */
function rehashPassword(state: AccountState, { checkedHash, passwordHash }: RehashPasswordCommand): Decision {
  if (!isLivingAccount(state) || !isSameHash(checkedHash, state.passwordHash)) return nothing;
  if (isSameHash(passwordHash, state.passwordHash)) return nothing;
  return accept({ type: 'PasswordRehashed', data: { userId: state.userId }, private: { passwordHash } });
}

/**
 * Refuses a second change while the first one can be undone, so that the undo link always leads back to the
 * previous address (ADR 35).
 */
function requestEmailChange(state: AccountState, command: RequestEmailChangeCommand): Decision {
  const { address, email, owner, checkedHash, passwordHash, now } = command;
  if (state.status !== 'verified' || state.disabled) return refuse('account_not_verified');
  if (!isSameHash(checkedHash, state.passwordHash)) return refuse('password_incorrect');
  if (address === state.address) return refuse('email_unchanged');
  if (canBeReverted(state, now)) return refuse('email_change_recent');
  const link = isClaimedByAnother(state, owner) ? undefined : command.link;
  const { userId, locale, person } = addressed(state);
  return accept({
    type: 'EmailChangeRequested',
    data: {
      userId,
      locale,
      person: { ...person, newEmail: email, ...(link && { confirmation: link.sealed }) },
    },
    private: { address, passwordHash, ...keptOrWithheld(link, command.link) },
  });
}

function canBeReverted({ previous }: VerifiedAccount, now: Date): boolean {
  return previous !== undefined && isLinkUnexpired(previous.link, now);
}

function cancelEmailChange(state: AccountState, { now }: CancelEmailChangeCommand): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  const change = state.status === 'verified' ? state.emailChange : undefined;
  if (change === undefined || !isLinkUnexpired(change.link, now)) return refuse('conflict');
  return accept({ type: 'EmailChangeCanceled', data: { userId: state.userId, canceledBy: 'ops' } });
}

/**
 * Requires the link and a proof. The link alone is not sufficient: if the new address was mistyped, the owner
 * of that mailbox must not get the account (ADR 35).
 */
function confirmEmailChange(state: AccountState, command: ConfirmEmailChangeCommand): Decision {
  const { tokenHash, now, owner, proof, undo } = command;
  const refusal = checkEmailChangeLink(state, tokenHash, now);
  if (refusal) return refuse(refusal);
  if (state.status !== 'verified') return refuse('token_invalid');
  const { emailChange } = state;
  if (emailChange?.link.hash !== tokenHash) return nothing;
  if (isClaimedByAnother(state, owner)) return refuse('token_invalid');
  if (!proofMatchesAccount(state, proof)) return refuse('password_required');
  const { address, email, passwordHash } = emailChange;
  const { userId, locale, username, email: previousEmail } = state;
  return accept({
    type: 'EmailChanged',
    data: { userId, locale, person: { email, username, previousEmail, undo: undo.sealed } },
    private: { address, passwordHash, link: { hash: undo.hash, expiresAt: undo.sealed.expiresAt } },
  });
}

/**
 * Restores the previous address, even if the account is disabled: a thief who changed the address must not
 * keep it because an admin has disabled the account. Also cancels a pending erasure, which the thief may have
 * requested.
 */
function revertEmailChange(state: AccountState, command: RevertEmailChangeCommand): Decision {
  const { tokenHash, now, passwordHash } = command;
  const refusal = checkEmailUndoLink(state, tokenHash, now);
  if (refusal) return refuse(refusal);
  if (state.status !== 'verified' || state.previous === undefined) return refuse('token_invalid');
  const { email } = state.previous;
  return accept(
    ...emailReverted(state, state.previous, state.userId),
    ...passwordChanged({ ...state, email }, 'reset', passwordHash),
  );
}

/**
 * Restores the previous address. Nobody can then sign in until the password is reset, because the stored hash
 * is salted with the address that the account loses.
 */
function undoEmailChange(state: AccountState, { now }: UndoEmailChangeCommand): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  if (state.status !== 'verified' || state.previous === undefined || !canBeReverted(state, now))
    return refuse('conflict');
  return accept(...emailReverted(state, state.previous, 'ops'), sessionsRevoked(state, 'admin'));
}

/**
 * Returns the facts that restore the previous address. @param by who cancels the erasure, if one is pending
 */
function emailReverted(
  state: VerifiedAccount,
  { address, email }: NonNullable<VerifiedAccount['previous']>,
  by: string,
): readonly AccountFact[] {
  const { userId, locale, username, email: revertedEmail } = state;
  return [
    {
      type: 'EmailChangeReverted',
      data: { userId, locale, person: { email, username, revertedEmail } },
      private: { address },
    },
    ...(state.erasure ? [erasureCanceled(state, state.erasure, by)] : []),
  ];
}

/**
 * Makes a change of address final. After EmailChangeSettled, the undo link is refused, so the claim on the
 * previous address can be released.
 */
function settleEmailChange(state: AccountState, { now }: FinalizeEmailChangeCommand): Decision {
  if (state.status !== 'verified' || state.previous === undefined) return nothing;
  if (canBeReverted(state, now)) return nothing;
  return accept({ type: 'EmailChangeSettled', data: { userId: state.userId } });
}

function changeProfile(
  state: AccountState,
  { username, firstName, lastName, locale }: ChangeProfileCommand,
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

/** Whether this account can act as an admin. */
export function isActiveAdmin(state: AccountState): state is LivingAccount {
  return state.status === 'verified' && state.role === 'admin' && !state.disabled;
}

/**
 * Refuses a decision that would remove the last admin; otherwise adds a claim to it. Two concurrent removals
 * append to different streams, so only this shared claim makes one of them fail and retry.
 */
function takeAdminAway(otherAdmins: OtherAdminsCheck | undefined, decision: Decision): Decision {
  if (!otherAdmins?.exist) return refuse('last_admin');
  return { ...decision, claims: [otherAdmins.claim] };
}

function changeRole(state: AccountState, { role, by, otherAdmins }: ChangeRoleCommand): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  if (by === state.userId) return refuse('own_account');
  if (state.status !== 'verified') return refuse('conflict');
  if (role === state.role) return nothing;
  const changed = accept(
    { type: 'RoleChanged', data: { ...addressed(state), role, previousRole: state.role, changedBy: by } },
    sessionsRevoked(state, 'role-changed'),
  );
  return isActiveAdmin(state) ? takeAdminAway(otherAdmins, changed) : changed;
}

/**
 * Whether mails about the account may be sent. The mailbox of an unverified account may belong to a stranger,
 * and the address of an erased account is unknown.
 */
function canBeTold(state: AccountState): state is LivingAccount {
  return state.status === 'verified' && state.email !== '';
}

function toldTo(state: LivingAccount, reason: string | undefined) {
  if (!canBeTold(state)) return { person: because(reason) };
  const { locale, person } = addressed(state);
  return { locale, person: { ...because(reason), ...person } };
}

function disableAccount(state: AccountState, { by, reason, otherAdmins }: DisableAccountCommand): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  if (by === state.userId) return refuse('own_account');
  if (state.disabled) return nothing;
  const disabled = accept(
    { type: 'AccountDisabled', data: { userId: state.userId, changedBy: by, ...toldTo(state, reason) } },
    sessionsRevoked(state, 'disabled'),
  );
  return isActiveAdmin(state) ? takeAdminAway(otherAdmins, disabled) : disabled;
}

function enableAccount(state: AccountState, { by, reason }: EnableAccountCommand): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  if (!state.disabled) return nothing;
  const enabled: AccountFact = {
    type: 'AccountEnabled',
    data: { userId: state.userId, changedBy: by, person: because(reason) },
  };
  if (state.erasure === undefined) return accept(enabled);
  const canceled = erasureCanceled(state, state.erasure, by);
  return state.erasure.wasDisabled ? accept(canceled, enabled) : accept(canceled);
}

/**
 * Returns the time at which an account is erased: the requested time, or the expiry of the link that restores
 * the previous address, whichever is later. A thief may have changed the address, so the owner of the
 * previous address must be able to take the account back until that link expires. A request by an operator is
 * not postponed.
 * @param by the id of the account that requests the erasure, or `ops`
 */
export function computeErasureTime(state: LivingAccount, by: string, eraseAt: string): string {
  const undoUntil = state.status === 'verified' ? state.previous?.link.expiresAt : undefined;
  return by !== 'ops' && undoUntil !== undefined && undoUntil > eraseAt ? undoUntil : eraseAt;
}

/**
 * Requests an erasure. If one is already pending, only an operator can change its time, and only to an
 * earlier one.
 */
function requestErasure(
  state: AccountState,
  { by, eraseAt: wanted, link, otherAdmins }: RequestErasureCommand,
): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  const eraseAt = computeErasureTime(state, by, wanted);
  if (state.erasure !== undefined && (by !== 'ops' || eraseAt >= state.erasure.at)) return nothing;
  const undo = canBeTold(state) ? link : undefined;
  const { locale, person } = addressed(state);
  const requested = accept(
    {
      type: 'AccountErasureRequested',
      data: {
        userId: state.userId,
        requestedBy: by,
        eraseAt,
        ...(undo ? { locale, person: { ...person, undo: undo.sealed } } : { person: {} }),
      },
      private: undo ? { link: { hash: undo.hash, expiresAt: undo.sealed.expiresAt } } : {},
    },
    sessionsRevoked(state, 'disabled'),
  );
  return isActiveAdmin(state) ? takeAdminAway(otherAdmins, requested) : requested;
}

function erasureCanceled(state: LivingAccount, { wasDisabled }: PendingErasure, by: string): AccountFact {
  return {
    type: 'AccountErasureCanceled',
    data: { userId: state.userId, canceledBy: by, disabled: wasDisabled },
  };
}

function cancelErasure(state: AccountState, { tokenHash, now }: CancelErasureCommand): Decision {
  const refusal = checkErasureUndoLink(state, tokenHash, now);
  if (refusal) return refuse(refusal);
  if (!isLivingAccount(state) || state.erasure === undefined) return refuse('token_invalid');
  return accept(erasureCanceled(state, state.erasure, state.userId));
}

/**
 * Erases the account if its erasure is due. An ended registration needs no request, because it cannot be
 * resumed.
 */
function erase(state: AccountState, { now }: EraseAccountCommand): Decision {
  if (state.status === 'none') return nothing;
  const isDue =
    state.status === 'ended'
      ? state.erased === undefined
      : state.erasure !== undefined && Date.parse(state.erasure.at) <= now.getTime();
  return isDue ? accept({ type: 'AccountErased', data: { userId: state.userId } }) : nothing;
}

function revokeSessions(state: AccountState, command: RevokeSessionsCommand): Decision {
  const { reason, since, sessionId } = command;
  if (!isLivingAccount(state) || (since !== undefined && since < state.allRevokedAt)) return nothing;
  if (sessionId !== undefined && state.revokedSessions.includes(sessionId)) return nothing;
  return accept(sessionsRevoked(state, reason, command));
}

function alertOwner(state: AccountState, { reason, from = {} }: AlertOwnerCommand): Decision {
  if (!canBeTold(state) || state.disabled) return nothing;
  const { userId, locale, person } = addressed(state);
  return accept({ type: 'OwnerAlerted', data: { userId, reason, locale, person: { ...person, ...from } } });
}

/** Applies the rules to a command: returns the facts to append, or a refusal. Pure. */
export function decide(state: AccountState, command: AccountCommand): Decision {
  switch (command.type) {
    case 'AlertOwner':
      return alertOwner(state, command);
    case 'CancelEmailChange':
      return cancelEmailChange(state, command);
    case 'CancelErasure':
      return cancelErasure(state, command);
    case 'Erase':
      return erase(state, command);
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
    case 'RequestErasure':
      return requestErasure(state, command);
    case 'RequestPasswordReset':
      return requestPasswordReset(state, command);
    case 'CompleteReset':
      return completeReset(state, command);
    case 'ChangePassword':
      return changePassword(state, command);
    case 'RehashPassword':
      return rehashPassword(state, command);
    case 'ChangeProfile':
      return changeProfile(state, command);
    case 'RequestEmailChange':
      return requestEmailChange(state, command);
    case 'ConfirmEmailChange':
      return confirmEmailChange(state, command);
    case 'RevertEmailChange':
      return revertEmailChange(state, command);
    case 'FinalizeEmailChange':
      return settleEmailChange(state, command);
    case 'UndoEmailChange':
      return undoEmailChange(state, command);
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
