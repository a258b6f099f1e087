/** The result of a command, and functions that build facts for several rules. */
import { assertNever, type DataOf } from '@latchkey/events';
import type { LinkToMail, RevokeSessionsCommand, SignUpProof } from './commands.ts';
import type { AccountFact } from './facts.ts';
import type { RefusalKind } from './refusals.ts';
import { isSameHash } from './same-hash.ts';
import type { AccountState, LivingAccount, PendingErasure } from './state.ts';

/**
 * The result of a command: facts to append, a refusal, or both. The facts are appended even if the command is
 * refused.
 */
export interface Decision {
  readonly facts: readonly AccountFact[];
  /**
   * Claims (unique keys) that the commit takes in addition to the claims that `computeLookupKeys` returns.
   */
  readonly claims?: readonly string[];
  readonly refusal?: RefusalKind;
}

export const decisionWithoutEffect: Decision = { facts: [] };

export function acceptCommand(...facts: readonly AccountFact[]): Decision {
  return { facts };
}

export function refuseCommand(refusal: RefusalKind, facts: readonly AccountFact[] = []): Decision {
  return { facts, refusal };
}

export function isAddressClaimedByAnother({ userId }: LivingAccount, owner: string | undefined): boolean {
  return owner !== undefined && owner !== userId;
}

/**
 * Returns the private fields of a fact about a link. If the link is withheld because another account has the
 * address, the fields contain only the time at which the link would have expired, so that the account behaves
 * as if the link had been mailed.
 * @param link the link to mail; undefined if it is withheld
 * @param minted the new link in the command, which exists even if it is withheld
 */
export function toPrivateFieldsOfLink(link: LinkToMail | undefined, minted: LinkToMail) {
  const { expiresAt } = minted.sealed;
  return link ? { link: { hash: link.hash, expiresAt } } : { withheldUntil: expiresAt };
}

export function toReasonField(reason: string | undefined) {
  return reason === undefined ? {} : { reason };
}

/** Returns the data that every mail to the account needs. */
export function toMailRecipientData({ userId, locale, email, username }: LivingAccount) {
  return { userId, locale, person: { email, username } };
}

/**
 * Returns whether mails about the account may be sent to its address. The mailbox of an unverified account
 * may belong to a stranger, and the address of an erased account is no longer known.
 */
export function mayReceiveMails(state: AccountState): state is LivingAccount {
  return state.status === 'verified' && state.email !== '';
}

/**
 * Returns the fact `SessionsRevoked`. The fact contains personal data only if the owner gets a mail about it.
 * The owner gets this mail only if the account is verified and a refresh token was used again.
 * @param details.notifies false to send the owner no mail. Default: true
 */
export function toSessionsRevokedFact(
  state: LivingAccount,
  reason: DataOf<'SessionsRevoked'>['reason'],
  { sessionId, notifies = true }: Pick<RevokeSessionsCommand, 'sessionId' | 'notifies'> = {},
): AccountFact {
  const isTold = reason === 'refresh-reuse' && notifies && mayReceiveMails(state);
  const about = isTold ? toMailRecipientData(state) : { userId: state.userId };
  return {
    type: 'SessionsRevoked',
    data: { ...about, reason, ...(sessionId !== undefined && { sessionId }) },
  };
}

export function toPasswordChangedFacts(
  state: LivingAccount,
  how: DataOf<'PasswordChanged'>['how'],
  passwordHash: string,
): readonly [AccountFact, AccountFact] {
  return [
    { type: 'PasswordChanged', data: { ...toMailRecipientData(state), how }, private: { passwordHash } },
    toSessionsRevokedFact(state, 'password-changed'),
  ];
}

export function toErasureCanceledFact(
  state: LivingAccount,
  { wasDisabled }: PendingErasure,
  by: string,
): AccountFact {
  return {
    type: 'AccountErasureCanceled',
    data: { userId: state.userId, canceledBy: by, disabled: wasDisabled },
  };
}

/**
 * Returns whether a proof shows that its sender owns the account for which a link was issued. A new password
 * is always accepted, because it replaces a password that a stranger may have chosen.
 */
export function doesProofMatchAccount(state: LivingAccount, proof: SignUpProof): boolean {
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
