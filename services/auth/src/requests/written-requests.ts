/**
 * Requests that name an email address and whose response must not reveal whether an account exists. Every
 * request is recorded and answered in the same way; a worker looks up the accounts later.
 */
import { disableTimeBudget } from '@latchkey/store';
import type { LivingAccount } from '../account/index.ts';
import { findAccountByAddress, findAddressOwnerId, loadPendingSignUps } from '../addresses/owners.ts';
import { deriveCommandId } from '../command-id.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { toIpLimitKey } from '../limits/ip-key.ts';
import { getRateLimitChargesForMail } from '../limits/mail-budget.ts';
import { type RateLimitCharge, runEvenIfRateLimited, runWithinLimits } from '../limits/within-limits.ts';
import type { QueuedMailRequest } from '../ports/requests.ts';
import { createMailedLink } from '../tokens/links.ts';

type QueueMailRequestDeps = Pick<UseCaseDeps, 'requests' | 'newId' | 'now' | 'wakeWorker'>;

/**
 * Records a request for a mail, even if the limit on mails to the address is reached. In that case, a mail is
 * sent only if no earlier link still works, so that the owner of the mailbox always has a working link.
 * @throws Refused (rate_limited) if the limit of the IP address is reached
 */
export async function requestMailToAddress(
  deps: QueueMailRequestDeps & Pick<UseCaseDeps, 'limits'>,
  { kind, address }: { readonly kind: 'password-reset' | 'verification'; readonly address: string },
  context: UseCaseContext,
): Promise<void> {
  const budget = getRateLimitChargesForMail(
    kind === 'verification' ? 'renewal' : 'reset',
    address,
    context.ip,
  );
  await runWithinLimits(deps, [getRateLimitChargeForMailRequest(context)], () =>
    runEvenIfRateLimited(deps, budget, async ({ allowed }) => {
      const request = { id: deps.newId(), kind, address, ...(!allowed && { overBudget: true as const }) };
      await queueMailRequest(deps, request, context);
      return {};
    }),
  );
}

/** Returns the charge for requesting a mail: one point of the limit of the IP address. */
export function getRateLimitChargeForMailRequest({ ip }: Pick<UseCaseContext, 'ip'>): RateLimitCharge {
  return { limit: 'mail-ip', key: toIpLimitKey(ip) };
}

/**
 * Stores a request for a mail and wakes the worker that processes such requests.
 * @returns false if a request with the same id is already waiting
 */
export async function queueMailRequest(
  { requests, now, wakeWorker }: Omit<QueueMailRequestDeps, 'newId'>,
  request: Omit<QueuedMailRequest, 'at' | 'correlationId' | 'traceparent'>,
  { correlationId, traceparent }: Pick<UseCaseContext, 'correlationId' | 'traceparent'>,
): Promise<boolean> {
  const at = now().toISOString();
  const trace = traceparent === undefined ? {} : { traceparent };
  const added = await requests.add({ ...request, at, correlationId, ...trace });
  disableTimeBudget();
  wakeWorker();
  return added;
}

type ProcessMailRequestDeps = Pick<
  UseCaseDeps,
  'accounts' | 'journal' | 'registrations' | 'linkTokens' | 'sealer' | 'settings' | 'now'
>;

/**
 * Processes a recorded request. The result depends on the kind of request:
 * - `lockout`: the owner of the address gets a mail about the lockout.
 * - `verification`: the newest pending sign-up of the address gets a link for choosing a password. If another
 *   account owns the address, the event is appended without a link, so that no mail is sent.
 * - `password-reset`: the owner of the address gets a link for resetting the password. The pending sign-up is
 *   treated as for `verification`.
 */
export async function processMailRequest(
  deps: ProcessMailRequestDeps,
  request: QueuedMailRequest,
): Promise<void> {
  const account = await findAccountByAddress(deps, request.address);
  if (request.kind === 'lockout') {
    if (account !== undefined) await alertLockedOut(deps, account.userId, request);
    return;
  }
  const [newest] = await loadPendingSignUps(deps, request.address);
  if (account !== undefined && request.kind === 'password-reset') await requestReset(deps, account, request);
  if (newest !== undefined) await requestReset(deps, newest, request);
}

function alertLockedOut(
  { accounts }: Pick<ProcessMailRequestDeps, 'accounts'>,
  owner: string,
  { id, correlationId, traceparent }: QueuedMailRequest,
): Promise<unknown> {
  return accounts.execute(owner, { correlationId, traceparent, commandId: id }, () => ({
    type: 'AlertOwner',
    reason: 'locked-out',
  }));
}

/**
 * Returns the id of the command with which a recorded request changes an account. A `verification` request
 * changes at most one account, so the id of the request is also the id of the command. Other requests may
 * change several accounts, so their command ids are derived from the request and the account.
 */
function commandIdFor({ id, kind }: QueuedMailRequest, userId: string): string {
  return kind === 'verification' ? id : deriveCommandId(id, kind, userId);
}

async function requestReset(
  deps: ProcessMailRequestDeps,
  { userId, email }: LivingAccount,
  request: QueuedMailRequest,
): Promise<void> {
  const { correlationId, traceparent, overBudget = false } = request;
  const origin = { correlationId, traceparent, commandId: commandIdFor(request, userId) };
  await deps.accounts.execute(userId, origin, async () => ({
    type: 'RequestPasswordReset',
    address: request.address,
    owner: await findAddressOwnerId(deps, request.address),
    link: await createMailedLink(deps, 'reset', { userId, email }),
    ...(overBudget && { unlessUsableAt: deps.now() }),
  }));
}
