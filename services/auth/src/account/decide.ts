/**
 * The rules of an account: which facts a command leads to in a given state. Several sign-ups with the same
 * address create separate accounts. The first of these accounts that is verified takes the claim on the
 * address. A sign-up with an address that another account has claimed leads to the same facts as any other
 * sign-up, but without links.
 */
import { assertNever, type DataOf } from '@latchkey/events';
import { changeRole, disableAccount, enableAccount } from './administration.ts';
import type {
  AccountCommand,
  AlertOwnerCommand,
  ChangePasswordCommand,
  ChangeProfileCommand,
  CompleteResetCommand,
  EndRegistrationCommand,
  RegisterAccountCommand,
  RehashPasswordCommand,
  RejectRegistrationCommand,
  RenewVerificationCommand,
  RequestPasswordResetCommand,
  RevokeSessionsCommand,
  SignUpProof,
  VerifyAccountCommand,
} from './commands.ts';
import {
  acceptCommand,
  type Decision,
  decisionWithoutEffect,
  doesProofMatchAccount,
  isAddressClaimedByAnother,
  mayReceiveMails,
  refuseCommand,
  toMailRecipientData,
  toPasswordChangedFacts,
  toPrivateFieldsOfLink,
  toSessionsRevokedFact,
} from './decision.ts';
import {
  cancelEmailChange,
  confirmEmailChange,
  finalizeEmailChange,
  requestEmailChange,
  undoEmailChangeByOperator,
  undoEmailChangeByOwner,
} from './email-change.ts';
import { cancelErasure, eraseAccount, requestErasure } from './erasure.ts';
import type { AccountFact } from './facts.ts';
import { checkPasswordResetLink, checkVerificationLink, hasUsableLink } from './link.ts';
import { isSameHash } from './same-hash.ts';
import { type AccountState, isLivingAccount, type LivingAccount } from './state.ts';

export function toAccountVerifiedFact(state: LivingAccount): AccountFact {
  return { type: 'AccountVerified', data: toMailRecipientData(state) };
}

export function toRegistrationEndedFacts(
  state: LivingAccount,
  reason: DataOf<'RegistrationEnded'>['reason'],
): readonly AccountFact[] {
  return [
    { type: 'RegistrationEnded', data: { userId: state.userId, reason } },
    toSessionsRevokedFact(state, 'ended'),
  ];
}

function register(state: AccountState, command: RegisterAccountCommand): Decision {
  if (state.status !== 'none') return refuseCommand('conflict');
  const { userId, address, email, username, firstName, lastName, locale, passwordHash } = command;
  const link = command.owner === undefined ? command.link : undefined;
  return acceptCommand({
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
    private: { address, passwordHash, ...toPrivateFieldsOfLink(link, command.link) },
  });
}

function renewVerification(state: AccountState, command: RenewVerificationCommand): Decision {
  if (state.status !== 'unverified' || state.disabled) return decisionWithoutEffect;
  if (hasUsableLink(state, command.unlessUsableAt)) return decisionWithoutEffect;
  const link = isAddressClaimedByAnother(state, command.owner) ? undefined : command.link;
  return acceptCommand({
    type: 'VerificationRequested',
    data: { ...toMailRecipientData(state), ...(link && { verification: link.sealed }) },
    private: toPrivateFieldsOfLink(link, command.link),
  });
}

/**
 * Verifies the address, if the command has both the link and a proof that the sender owns the account (ADR
 * 29).
 */
function verify(state: AccountState, command: VerifyAccountCommand): Decision {
  const { tokenHash, now, owner, proof } = command;
  const refusal = checkVerificationLink(state, tokenHash, now);
  if (refusal) return refuseCommand(refusal);
  if (state.status !== 'unverified') return verifyAgain(state, proof);
  if (isAddressClaimedByAnother(state, owner))
    return refuseCommand('token_invalid', toRegistrationEndedFacts(state, 'superseded'));
  if (!doesProofMatchAccount(state, proof)) return refuseCommand('password_required');
  if (proof.kind !== 'new-password') return acceptCommand(toAccountVerifiedFact(state));
  // AccountVerified must come first, because it records that the verification link was used. The facts after
  // it remove all links that were not used.
  return acceptCommand(
    toAccountVerifiedFact(state),
    ...toPasswordChangedFacts(state, 'first', proof.passwordHash),
  );
}

/**
 * Handles the second use of a verification link. A second use is not an error, but cannot set another
 * password.
 */
function verifyAgain(state: AccountState, proof: SignUpProof): Decision {
  if (proof.kind !== 'new-password') return decisionWithoutEffect;
  const isRepeat = isLivingAccount(state) && isSameHash(proof.passwordHash, state.passwordHash);
  return isRepeat ? decisionWithoutEffect : refuseCommand('token_invalid');
}

function rejectRegistration(state: AccountState, command: RejectRegistrationCommand): Decision {
  const refusal = checkVerificationLink(state, command.tokenHash, command.now);
  if (refusal) return refuseCommand(refusal);
  return state.status === 'unverified'
    ? acceptCommand(...toRegistrationEndedFacts(state, 'rejected'))
    : refuseCommand('token_invalid');
}

/**
 * Ends the registration of an unverified account. The reason `superseded` means that another account has
 * verified the address. It does not end the registration of an account that never got a link, because that
 * account could not be verified anyway; its registration ends when it expires.
 */
function endRegistration(state: AccountState, command: EndRegistrationCommand): Decision {
  if (state.status !== 'unverified') return decisionWithoutEffect;
  const isSuperseded = state.everLinked && isAddressClaimedByAnother(state, command.owner);
  if (command.reason === 'superseded' && !isSuperseded) return decisionWithoutEffect;
  return acceptCommand(...toRegistrationEndedFacts(state, command.reason));
}

function requestPasswordReset(state: AccountState, command: RequestPasswordResetCommand): Decision {
  if (!isLivingAccount(state) || state.disabled || state.address !== command.address)
    return decisionWithoutEffect;
  if (hasUsableLink(state, command.unlessUsableAt)) return decisionWithoutEffect;
  const link = isAddressClaimedByAnother(state, command.owner) ? undefined : command.link;
  return acceptCommand({
    type: 'PasswordResetRequested',
    data: {
      ...toMailRecipientData(state),
      ...(link && { reset: link.sealed }),
      verifies: state.status === 'unverified',
    },
    private: toPrivateFieldsOfLink(link, command.link),
  });
}

/**
 * Sets a new password. Also verifies the address if it is not verified yet, because the reset link was mailed
 * to that address.
 */
function completeReset(state: AccountState, command: CompleteResetCommand): Decision {
  const refusal = checkPasswordResetLink(state, command.tokenHash, command.now);
  if (refusal) return refuseCommand(refusal);
  if (!isLivingAccount(state)) return refuseCommand('token_invalid');
  if (state.status === 'verified')
    return acceptCommand(...toPasswordChangedFacts(state, 'reset', command.passwordHash));
  if (isAddressClaimedByAnother(state, command.owner))
    return refuseCommand('token_invalid', toRegistrationEndedFacts(state, 'superseded'));
  const [changed, revoked] = toPasswordChangedFacts(state, 'first', command.passwordHash);
  return acceptCommand(changed, toAccountVerifiedFact(state), revoked);
}

function changePassword(state: AccountState, command: ChangePasswordCommand): Decision {
  if (state.status !== 'verified') return refuseCommand('account_not_verified');
  if (!isSameHash(command.checkedHash, state.passwordHash))
    return refuseCommand('current_password_incorrect');
  return acceptCommand(...toPasswordChangedFacts(state, 'change', command.passwordHash));
}

/**
 * Replaces the hash of the password. Sessions and links stay valid, because the password itself does not
 * change.
 */
function rehashPassword(state: AccountState, { checkedHash, passwordHash }: RehashPasswordCommand): Decision {
  if (!isLivingAccount(state) || !isSameHash(checkedHash, state.passwordHash)) return decisionWithoutEffect;
  if (isSameHash(passwordHash, state.passwordHash)) return decisionWithoutEffect;
  return acceptCommand({
    type: 'PasswordRehashed',
    data: { userId: state.userId },
    private: { passwordHash },
  });
}

function changeProfile(
  state: AccountState,
  { username, firstName, lastName, locale }: ChangeProfileCommand,
): Decision {
  if (state.status !== 'verified') return refuseCommand('account_not_verified');
  const person = {
    ...(username !== undefined && username !== state.username && { username }),
    ...(firstName !== undefined && firstName !== state.firstName && { firstName }),
    ...(lastName !== undefined && lastName !== state.lastName && { lastName }),
  };
  const isMoved = locale !== undefined && locale !== state.locale;
  if (Object.keys(person).length === 0 && !isMoved) return decisionWithoutEffect;
  return acceptCommand({
    type: 'ProfileChanged',
    data: { userId: state.userId, person, ...(isMoved && { locale }) },
  });
}

function revokeSessions(state: AccountState, command: RevokeSessionsCommand): Decision {
  const { reason, since, sessionId } = command;
  if (!isLivingAccount(state) || (since !== undefined && since < state.allRevokedAt))
    return decisionWithoutEffect;
  if (sessionId !== undefined && state.revokedSessions.includes(sessionId)) return decisionWithoutEffect;
  return acceptCommand(toSessionsRevokedFact(state, reason, command));
}

function alertOwner(state: AccountState, { reason, from = {} }: AlertOwnerCommand): Decision {
  if (!mayReceiveMails(state) || state.disabled) return decisionWithoutEffect;
  const { userId, locale, person } = toMailRecipientData(state);
  return acceptCommand({
    type: 'OwnerAlerted',
    data: { userId, reason, locale, person: { ...person, ...from } },
  });
}

/** Returns the facts to which a command leads in a state, or a refusal. Pure. */
export function decide(state: AccountState, command: AccountCommand): Decision {
  switch (command.type) {
    case 'AlertOwner':
      return alertOwner(state, command);
    case 'CancelEmailChange':
      return cancelEmailChange(state, command);
    case 'CancelErasure':
      return cancelErasure(state, command);
    case 'Erase':
      return eraseAccount(state, command);
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
    case 'UndoEmailChangeByOwner':
      return undoEmailChangeByOwner(state, command);
    case 'FinalizeEmailChange':
      return finalizeEmailChange(state, command);
    case 'UndoEmailChangeByOperator':
      return undoEmailChangeByOperator(state, command);
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
