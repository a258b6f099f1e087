/** The rules for the erasure of an account. */
import { isActiveAdmin, requireOtherAdmin } from './administration.ts';
import type { CancelErasureCommand, EraseAccountCommand, RequestErasureCommand } from './commands.ts';
import {
  acceptCommand,
  type Decision,
  decisionWithoutEffect,
  mayReceiveMails,
  refuseCommand,
  toErasureCanceledFact,
  toMailRecipientData,
  toSessionsRevokedFact,
} from './decision.ts';
import { checkErasureUndoLink } from './link.ts';
import { type AccountState, isLivingAccount, type LivingAccount } from './state.ts';

/**
 * Returns the time at which an account is erased: the requested time, or the expiry of the link that undoes a
 * change of address, whichever is later. If a thief has changed the address and then requests the erasure,
 * the owner of the previous address must still be able to use that link. A request by an operator is not
 * postponed.
 * @param by the id of the account that requests the erasure, or `ops`
 */
export function computeErasureTime(state: LivingAccount, by: string, eraseAt: string): string {
  const undoUntil = state.status === 'verified' ? state.previous?.link.expiresAt : undefined;
  return by !== 'ops' && undoUntil !== undefined && undoUntil > eraseAt ? undoUntil : eraseAt;
}

/**
 * Requests an erasure. If an erasure is already pending, only an operator can change its time, and only to an
 * earlier time.
 */
export function requestErasure(
  state: AccountState,
  { by, eraseAt: wanted, link, otherAdmins }: RequestErasureCommand,
): Decision {
  if (!isLivingAccount(state)) return refuseCommand('not_found');
  const eraseAt = computeErasureTime(state, by, wanted);
  if (state.erasure !== undefined && (by !== 'ops' || eraseAt >= state.erasure.at))
    return decisionWithoutEffect;
  const undo = mayReceiveMails(state) ? link : undefined;
  const { locale, person } = toMailRecipientData(state);
  const requested = acceptCommand(
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
    toSessionsRevokedFact(state, 'disabled'),
  );
  return isActiveAdmin(state) ? requireOtherAdmin(otherAdmins, requested) : requested;
}

export function cancelErasure(state: AccountState, { tokenHash, now }: CancelErasureCommand): Decision {
  const refusal = checkErasureUndoLink(state, tokenHash, now);
  if (refusal) return refuseCommand(refusal);
  if (!isLivingAccount(state) || state.erasure === undefined) return refuseCommand('token_invalid');
  return acceptCommand(toErasureCanceledFact(state, state.erasure, state.userId));
}

/**
 * Erases the account if its erasure is due. An account whose registration has ended is erased without a
 * request, because the registration cannot be resumed.
 */
export function eraseAccount(state: AccountState, { now }: EraseAccountCommand): Decision {
  if (state.status === 'none') return decisionWithoutEffect;
  const isDue =
    state.status === 'ended'
      ? state.erased === undefined
      : state.erasure !== undefined && Date.parse(state.erasure.at) <= now.getTime();
  return isDue
    ? acceptCommand({ type: 'AccountErased', data: { userId: state.userId } })
    : decisionWithoutEffect;
}
