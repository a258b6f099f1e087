/** The rules for a change of the address of an account (ADR 35). */
import type {
  CancelEmailChangeCommand,
  ConfirmEmailChangeCommand,
  FinalizeEmailChangeCommand,
  RequestEmailChangeCommand,
  UndoEmailChangeByOperatorCommand,
  UndoEmailChangeByOwnerCommand,
} from './commands.ts';
import {
  acceptCommand,
  type Decision,
  decisionWithoutEffect,
  doesProofMatchAccount,
  isAddressClaimedByAnother,
  refuseCommand,
  toErasureCanceledFact,
  toMailRecipientData,
  toPasswordChangedFacts,
  toPrivateFieldsOfLink,
  toSessionsRevokedFact,
} from './decision.ts';
import type { AccountFact } from './facts.ts';
import { checkEmailChangeLink, checkEmailUndoLink, isLinkUnexpired } from './link.ts';
import { isSameHash } from './same-hash.ts';
import { type AccountState, isLivingAccount, type VerifiedAccount } from './state.ts';

/**
 * Requests a change of address. Refuses the request while the previous change can still be undone, so that an
 * undo link always restores the address from before that change (ADR 35).
 */
export function requestEmailChange(state: AccountState, command: RequestEmailChangeCommand): Decision {
  const { address, email, owner, checkedHash, passwordHash, now } = command;
  if (state.status !== 'verified' || state.disabled) return refuseCommand('account_not_verified');
  if (!isSameHash(checkedHash, state.passwordHash)) return refuseCommand('password_incorrect');
  if (address === state.address) return refuseCommand('email_unchanged');
  if (canBeReverted(state, now)) return refuseCommand('email_change_recent');
  const link = isAddressClaimedByAnother(state, owner) ? undefined : command.link;
  const { userId, locale, person } = toMailRecipientData(state);
  return acceptCommand({
    type: 'EmailChangeRequested',
    data: {
      userId,
      locale,
      person: { ...person, newEmail: email, ...(link && { confirmation: link.sealed }) },
    },
    private: { address, passwordHash, ...toPrivateFieldsOfLink(link, command.link) },
  });
}

function canBeReverted({ previous }: VerifiedAccount, now: Date): boolean {
  return previous !== undefined && isLinkUnexpired(previous.link, now);
}

export function cancelEmailChange(state: AccountState, { now }: CancelEmailChangeCommand): Decision {
  if (!isLivingAccount(state)) return refuseCommand('not_found');
  const change = state.status === 'verified' ? state.emailChange : undefined;
  if (change === undefined || !isLinkUnexpired(change.link, now)) return refuseCommand('conflict');
  return acceptCommand({ type: 'EmailChangeCanceled', data: { userId: state.userId, canceledBy: 'ops' } });
}

/**
 * Changes the address, if the command has both the link and a proof that the sender owns the account. The
 * link alone is not sufficient: if the new address was mistyped, the owner of that mailbox must not get the
 * account (ADR 35).
 */
export function confirmEmailChange(state: AccountState, command: ConfirmEmailChangeCommand): Decision {
  const { tokenHash, now, owner, proof, undo } = command;
  const refusal = checkEmailChangeLink(state, tokenHash, now);
  if (refusal) return refuseCommand(refusal);
  if (state.status !== 'verified') return refuseCommand('token_invalid');
  const { emailChange } = state;
  if (emailChange?.link.hash !== tokenHash) return decisionWithoutEffect;
  if (isAddressClaimedByAnother(state, owner)) return refuseCommand('token_invalid');
  if (!doesProofMatchAccount(state, proof)) return refuseCommand('password_required');
  const { address, email, passwordHash } = emailChange;
  const { userId, locale, username, email: previousEmail } = state;
  return acceptCommand({
    type: 'EmailChanged',
    data: { userId, locale, person: { email, username, previousEmail, undo: undo.sealed } },
    private: { address, passwordHash, link: { hash: undo.hash, expiresAt: undo.sealed.expiresAt } },
  });
}

/**
 * Restores the previous address. Works even if an admin has disabled the account: otherwise, if a thief has
 * changed the address, the account would keep the thief's address. Also cancels a pending erasure, which the
 * thief may have requested.
 */
export function undoEmailChangeByOwner(
  state: AccountState,
  command: UndoEmailChangeByOwnerCommand,
): Decision {
  const { tokenHash, now, passwordHash } = command;
  const refusal = checkEmailUndoLink(state, tokenHash, now);
  if (refusal) return refuseCommand(refusal);
  if (state.status !== 'verified' || state.previous === undefined) return refuseCommand('token_invalid');
  const { email } = state.previous;
  return acceptCommand(
    ...emailReverted(state, state.previous, state.userId),
    ...toPasswordChangedFacts({ ...state, email }, 'reset', passwordHash),
  );
}

/**
 * Restores the previous address. Nobody can then sign in until the password is reset, because the stored
 * password hash is salted with the address that the account loses.
 */
export function undoEmailChangeByOperator(
  state: AccountState,
  { now }: UndoEmailChangeByOperatorCommand,
): Decision {
  if (!isLivingAccount(state)) return refuseCommand('not_found');
  if (state.status !== 'verified' || state.previous === undefined || !canBeReverted(state, now))
    return refuseCommand('conflict');
  return acceptCommand(...emailReverted(state, state.previous, 'ops'), toSessionsRevokedFact(state, 'admin'));
}

/**
 * Returns the facts that restore the previous address. If an erasure is pending, they also cancel the
 * erasure.
 * @param by who cancels the erasure: the id of an account, or `ops`
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
    ...(state.erasure ? [toErasureCanceledFact(state, state.erasure, by)] : []),
  ];
}

/**
 * Makes a change of address final by appending EmailChangeSettled. From then on, the undo link is refused, so
 * the claim on the previous address can be released.
 */
export function finalizeEmailChange(state: AccountState, { now }: FinalizeEmailChangeCommand): Decision {
  if (state.status !== 'verified' || state.previous === undefined) return decisionWithoutEffect;
  if (canBeReverted(state, now)) return decisionWithoutEffect;
  return acceptCommand({ type: 'EmailChangeSettled', data: { userId: state.userId } });
}
