import type { AccountState } from '../account/index.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseDeps } from '../deps.ts';

/**
 * Removes those sessions that ended when all sessions of the account were last revoked. Sessions that began
 * after the revocation are kept, even if this function runs later. Ignores failures of the store, because
 * revoked sessions are refused even while they are still stored.
 */
export async function removeRevokedSessions(
  { sessions }: Pick<UseCaseDeps, 'sessions'>,
  state: AccountState,
): Promise<void> {
  if (state.status === 'none') return;
  const { userId, allRevokedAt } = state;
  await runBestEffort(() => sessions.removeAll(userId, { before: allRevokedAt }));
}
