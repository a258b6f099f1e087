/** Notifies the owner of an account about a sign-in from a device or network that was not used before. */
import { hash } from 'node:crypto';
import type { LivingAccount } from '../account/index.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { networkKey } from '../limits/ip-key.ts';
import { runWithAllowance } from '../limits/within-limits.ts';
import type { AccountOutcome } from '../streams/accounts.ts';
import { deviceOf } from './device.ts';

/**
 * Remembers the device (browser and system) and the network of a sign-in. Notifies the owner if one of them is new,
 * except at the first sign-in. Does nothing if the network is unknown, or if the account has had its notices of this
 * day: a source of which the owner was not notified is not remembered, so its next sign-in may cause a notice.
 */
export async function notifyOwnerOfNewSource(
  deps: Pick<UseCaseDeps, 'accounts' | 'knownSources' | 'limits'>,
  { userId, status }: LivingAccount,
  { ip, userAgent, correlationId, traceparent }: UseCaseContext,
): Promise<void> {
  if (status !== 'verified') return;
  // The client disconnected before its address was read (client-address.ts). It receives no tokens.
  if (ip === '') return;
  const notices = { limit: 'notice-account', key: `new-sign-in ${userId}` } as const;
  if (!(await deps.limits.peek(notices.limit, notices.key)).allowed) return;
  const network = networkKey(ip);
  const device = deviceOf(userAgent);
  const { browser = '', system = '' } = device;
  const sources = [`network ${network}`, `device ${browser} ${system}`];
  const added = await deps.knownSources.remember(
    userId,
    sources.map((source) => digest(userId, source)),
  );
  if (added === undefined || added.length === 0) return;
  await runWithAllowance<Pick<AccountOutcome, 'repeated'>>(deps, [notices], async ({ allowed }) => {
    if (!allowed) return {};
    return deps.accounts.execute(userId, { correlationId, traceparent }, () => ({
      type: 'AlertOwner',
      reason: 'new-sign-in',
      from: { ...device, network },
    }));
  });
}

/**
 * Returns the digest to store. It reveals nothing to anyone who guesses the source but does not know the account's id.
 */
function digest(userId: string, source: string): string {
  return hash('sha256', `${userId} ${source}`, 'base64url').slice(0, 22);
}
