/**
 * Requests by address, whose answer must not reveal whether an account exists: every request is written down
 * and answered the same way, and the accounts are looked up afterwards by the worker.
 */
import { isLiving, type Living } from '../account/index.ts';
import { livingSignUps, ownerOf } from '../addresses/owners.ts';
import { commandIdOf } from '../command-id.ts';
import type { Context, Deps } from '../deps.ts';
import { ipKey } from '../limits/ip-key.ts';
import { mailBudget } from '../limits/mail-budget.ts';
import { ifWithinLimits, type Take, withinLimits } from '../limits/within-limits.ts';
import type { WrittenRequest } from '../ports/requests.ts';
import { mintLink } from '../tokens/links.ts';

type WriteNeeds = Pick<Deps, 'requests' | 'newId' | 'now' | 'wakeWorker'>;

/**
 * Writes a request down, also over the mail budget of the address: then it leads to a mail only where no link that was
 * mailed before still works, so that the owner of the mailbox always has a way in. @throws Refused (rate_limited) by IP
 */
export async function requestByAddress(
  deps: WriteNeeds & Pick<Deps, 'limits'>,
  { kind, address }: Pick<WrittenRequest, 'kind' | 'address'>,
  context: Context,
): Promise<void> {
  const budget = mailBudget(kind === 'verification' ? 'renewal' : 'reset', address, context.ip);
  await withinLimits(deps, [mailRequest(context)], () =>
    ifWithinLimits(deps, budget, async ({ allowed }) => {
      const request = { id: deps.newId(), kind, address, ...(!allowed && { overBudget: true as const }) };
      await writeRequest(deps, request, context);
      return {};
    }),
  );
}

/** Returns what a request for a mail takes from the limit of its IP. */
export function mailRequest({ ip }: Pick<Context, 'ip'>): Take {
  return { limit: 'mail-ip', key: ipKey(ip) };
}

/** Stores a request for the worker. @returns false if one with its id waits already */
export async function writeRequest(
  { requests, now, wakeWorker }: Omit<WriteNeeds, 'newId'>,
  request: Omit<WrittenRequest, 'at' | 'correlationId' | 'traceparent'>,
  { correlationId, traceparent }: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<boolean> {
  const at = now().toISOString();
  const trace = traceparent === undefined ? {} : { traceparent };
  const added = await requests.add({ ...request, at, correlationId, ...trace });
  wakeWorker();
  return added;
}

type CarryOutNeeds = Pick<
  Deps,
  'accounts' | 'journal' | 'registrations' | 'linkTokens' | 'sealer' | 'settings' | 'now'
>;

/**
 * Carries out a written request. The owner of the address gets a reset link. The newest unverified sign-up gets a
 * link to choose a password; if another account owns the address, the same event without a link.
 */
export async function carryOut(deps: CarryOutNeeds, request: WrittenRequest): Promise<void> {
  const owner = await ownerOf(deps, request.address);
  const [newest] = await livingSignUps(deps, request.address);
  if (owner !== undefined && request.kind === 'password-reset') {
    const account = await deps.accounts.load(owner);
    if (isLiving(account)) await requestReset(deps, account, request);
  }
  if (newest !== undefined) await requestReset(deps, newest, request);
}

/** Returns the id of a request's command. A request of this kind concerns one account, whichever is the newest. */
function commandIdFor({ id, kind }: WrittenRequest, userId: string): string {
  return kind === 'verification' ? id : commandIdOf(id, kind, userId);
}

async function requestReset(
  deps: CarryOutNeeds,
  { userId, email }: Living,
  request: WrittenRequest,
): Promise<void> {
  const { correlationId, traceparent, overBudget = false } = request;
  const origin = { correlationId, traceparent, commandId: commandIdFor(request, userId) };
  await deps.accounts.execute(userId, origin, async () => ({
    type: 'RequestPasswordReset',
    owner: await ownerOf(deps, request.address),
    link: await mintLink(deps, 'reset', { userId, email }),
    ...(overBudget && { unlessUsableAt: deps.now() }),
  }));
}
