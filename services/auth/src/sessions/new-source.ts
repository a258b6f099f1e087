/**
 * Notifies the owner of an account of a sign-in from a new source, which is a device or network that was not
 * used before.
 */
import { hash } from 'node:crypto';
import type { LivingAccount } from '../account/index.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { toNetworkLimitKey } from '../limits/ip-key.ts';
import { runEvenIfRateLimited } from '../limits/within-limits.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { detectBrowserAndSystem } from './device.ts';

/**
 * Remembers the device (browser and system) and the network of a sign-in. If one of them is new, notifies the
 * owner, except at the account's first sign-in. If the daily limit on notices is reached, or if the network
 * is unknown, does neither. The source then remains unknown, so a later sign-in from it can still cause a
 * notice.
 */
export async function notifyOwnerOfNewSignInSource(
  deps: Pick<UseCaseDeps, 'accounts' | 'knownSources' | 'limits'>,
  { userId, status }: LivingAccount,
  { ip, userAgent, correlationId, traceparent }: UseCaseContext,
): Promise<void> {
  if (status !== 'verified') return;
  // The client disconnected before its IP address was read (client-address.ts). There is no sign-in to notify
  // about, because the client does not get the response with its tokens.
  if (ip === '') return;
  const notices = { limit: 'notice-account', key: `new-sign-in ${userId}` } as const;
  if (!(await deps.limits.peek(notices.limit, notices.key)).allowed) return;
  const network = toNetworkLimitKey(ip);
  const device = detectBrowserAndSystem(userAgent);
  const { browser = '', system = '' } = device;
  const sources = [`network ${network}`, `device ${browser} ${system}`];
  const added = await deps.knownSources.remember(
    userId,
    sources.map((source) => digest(userId, source)),
  );
  if (added === undefined || added.length === 0) return;
  await runEvenIfRateLimited<Pick<AccountCommandOutcome, 'repeated'>>(
    deps,
    [notices],
    async ({ allowed }) => {
      if (!allowed) return {};
      return deps.accounts.execute(userId, { correlationId, traceparent }, () => ({
        type: 'AlertOwner',
        reason: 'new-sign-in',
        from: { ...device, network },
      }));
    },
  );
}

/**
 * Returns the digest under which a source (device or network) of sign-ins is stored. Without the account id,
 * nobody can recognise the digest by guessing its source.
 */
function digest(userId: string, source: string): string {
  return hash('sha256', `${userId} ${source}`, 'base64url').slice(0, 22);
}
