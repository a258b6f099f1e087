/** The rules for commands of admins and operators on an account. */
import type {
  ChangeRoleCommand,
  DisableAccountCommand,
  EnableAccountCommand,
  OtherAdminsCheck,
} from './commands.ts';
import {
  acceptCommand,
  type Decision,
  decisionWithoutEffect,
  mayReceiveMails,
  refuseCommand,
  toErasureCanceledFact,
  toMailRecipientData,
  toReasonField,
  toSessionsRevokedFact,
} from './decision.ts';
import type { AccountFact } from './facts.ts';
import { type AccountState, isLivingAccount, type LivingAccount } from './state.ts';

/** Returns whether an account can act as an admin. */
export function isActiveAdmin(state: AccountState): state is LivingAccount {
  return state.status === 'verified' && state.role === 'admin' && !state.disabled;
}

/**
 * Refuses a decision that removes an admin if no other admin would remain. Otherwise, returns the decision
 * with a claim that its commit must take. A claim is a unique key; each removal of an admin takes the claim
 * with the next number. If two admins are removed at the same time, both commits need the same claim, so one
 * commit fails, and its command is decided again.
 */
export function requireOtherAdmin(otherAdmins: OtherAdminsCheck | undefined, decision: Decision): Decision {
  if (!otherAdmins?.exist) return refuseCommand('last_admin');
  return { ...decision, claims: [otherAdmins.claim] };
}

export function changeRole(state: AccountState, { role, by, otherAdmins }: ChangeRoleCommand): Decision {
  if (!isLivingAccount(state)) return refuseCommand('not_found');
  if (by === state.userId) return refuseCommand('own_account');
  if (state.status !== 'verified') return refuseCommand('conflict');
  if (role === state.role) return decisionWithoutEffect;
  const changed = acceptCommand(
    {
      type: 'RoleChanged',
      data: { ...toMailRecipientData(state), role, previousRole: state.role, changedBy: by },
    },
    toSessionsRevokedFact(state, 'role-changed'),
  );
  return isActiveAdmin(state) ? requireOtherAdmin(otherAdmins, changed) : changed;
}

function toldTo(state: LivingAccount, reason: string | undefined) {
  if (!mayReceiveMails(state)) return { person: toReasonField(reason) };
  const { locale, person } = toMailRecipientData(state);
  return { locale, person: { ...toReasonField(reason), ...person } };
}

export function disableAccount(
  state: AccountState,
  { by, reason, otherAdmins }: DisableAccountCommand,
): Decision {
  if (!isLivingAccount(state)) return refuseCommand('not_found');
  if (by === state.userId) return refuseCommand('own_account');
  if (state.disabled) return decisionWithoutEffect;
  const disabled = acceptCommand(
    { type: 'AccountDisabled', data: { userId: state.userId, changedBy: by, ...toldTo(state, reason) } },
    toSessionsRevokedFact(state, 'disabled'),
  );
  return isActiveAdmin(state) ? requireOtherAdmin(otherAdmins, disabled) : disabled;
}

export function enableAccount(state: AccountState, { by, reason }: EnableAccountCommand): Decision {
  if (!isLivingAccount(state)) return refuseCommand('not_found');
  if (!state.disabled) return decisionWithoutEffect;
  const enabled: AccountFact = {
    type: 'AccountEnabled',
    data: { userId: state.userId, changedBy: by, person: toReasonField(reason) },
  };
  if (state.erasure === undefined) return acceptCommand(enabled);
  const canceled = toErasureCanceledFact(state, state.erasure, by);
  return state.erasure.wasDisabled ? acceptCommand(canceled, enabled) : acceptCommand(canceled);
}
