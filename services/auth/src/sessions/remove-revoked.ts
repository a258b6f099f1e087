import type { AccountState } from '../account/index.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseDeps } from '../deps.ts';

/**
 * Removes the sessions that the account's last revocation of all sessions has ended. Sessions that began
 * after the revocation stay, even if they began before this function is called. Ignores store failures,
 * because revoked sessions cannot be used anyway.
 */
export async function removeRevokedSessions(
  { sessions }: Pick<UseCaseDeps, 'sessions'>,
  state: AccountState,
): Promise<void> {
  if (state.status === 'none') return;
  const { userId, allRevokedAt } = state;
  await runBestEffort(() => sessions.removeAll(userId, { before: allRevokedAt }));
}
