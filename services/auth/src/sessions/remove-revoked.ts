import type { AccountState } from '../account/index.ts';
import { bestEffort } from '../best-effort.ts';
import type { UseCaseDeps } from '../deps.ts';

/**
 * Removes the sessions that the last revocation of all sessions has ended. Sessions that began after it stay, also those
 * that began while the revocation was being processed. Does nothing if the store fails: revoked sessions cannot be used.
 */
export async function removeRevokedSessions(
  { sessions }: Pick<UseCaseDeps, 'sessions'>,
  state: AccountState,
): Promise<void> {
  if (state.status === 'none') return;
  const { userId, allRevokedAt } = state;
  await bestEffort(() => sessions.removeAll(userId, { before: allRevokedAt }));
}
