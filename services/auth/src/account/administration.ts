/** The rules for what admins and operators do to an account. */
import type {
  ChangeRoleCommand,
  DisableAccountCommand,
  EnableAccountCommand,
  OtherAdminsCheck,
} from './commands.ts';
import {
  accept,
  addressed,
  because,
  canBeTold,
  type Decision,
  erasureCanceled,
  nothing,
  refuse,
  sessionsRevoked,
} from './decision.ts';
import type { AccountFact } from './facts.ts';
import { type AccountState, isLivingAccount, type LivingAccount } from './state.ts';

/** Whether this account can act as an admin. */
export function isActiveAdmin(state: AccountState): state is LivingAccount {
  return state.status === 'verified' && state.role === 'admin' && !state.disabled;
}

/**
 * Refuses a decision that would remove the last admin; otherwise adds a claim to it. Two concurrent removals
 * append to different streams, so only this shared claim makes one of them fail and retry.
 */
export function takeAdminAway(otherAdmins: OtherAdminsCheck | undefined, decision: Decision): Decision {
  if (!otherAdmins?.exist) return refuse('last_admin');
  return { ...decision, claims: [otherAdmins.claim] };
}

export function changeRole(state: AccountState, { role, by, otherAdmins }: ChangeRoleCommand): Decision {
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

function toldTo(state: LivingAccount, reason: string | undefined) {
  if (!canBeTold(state)) return { person: because(reason) };
  const { locale, person } = addressed(state);
  return { locale, person: { ...because(reason), ...person } };
}

export function disableAccount(
  state: AccountState,
  { by, reason, otherAdmins }: DisableAccountCommand,
): Decision {
  if (!isLivingAccount(state)) return refuse('not_found');
  if (by === state.userId) return refuse('own_account');
  if (state.disabled) return nothing;
  const disabled = accept(
    { type: 'AccountDisabled', data: { userId: state.userId, changedBy: by, ...toldTo(state, reason) } },
    sessionsRevoked(state, 'disabled'),
  );
  return isActiveAdmin(state) ? takeAdminAway(otherAdmins, disabled) : disabled;
}

export function enableAccount(state: AccountState, { by, reason }: EnableAccountCommand): Decision {
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
