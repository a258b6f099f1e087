/**
 * Requests by address, whose answer must not reveal whether an account exists: every request is written down
 * and answered the same way, and the accounts are looked up afterwards by the worker.
 */
import { isLiving, type Living } from '../account/index.ts';
import { livingSignUps, ownerOf } from '../addresses/owners.ts';
import { commandIdOf } from '../command-id.ts';
import type { Context, Deps } from '../deps.ts';
import { assertAllowed } from '../limits/assert-allowed.ts';
import { ipKey } from '../limits/ip-key.ts';
import type { WrittenRequest } from '../ports/requests.ts';
import { mintLink } from '../tokens/links.ts';

type WriteNeeds = Pick<Deps, 'requests' | 'newId' | 'now' | 'wakeWorker'>;

/** Over the limit of the address, nothing is written and the answer is the same. @throws Refused (rate_limited) by IP */
export async function requestByAddress(
  deps: WriteNeeds & Pick<Deps, 'limits'>,
  { kind, address }: Pick<WrittenRequest, 'kind' | 'address'>,
  context: Context,
): Promise<void> {
  assertAllowed(await deps.limits.take('mail-ip', ipKey(context.ip)));
  const limit = kind === 'verification' ? 'verification-address' : 'reset-address';
  const mayMail = await deps.limits.take(limit, address);
  if (mayMail.allowed) await writeRequest(deps, { kind, address }, context);
}

/** Stores a request for the worker. */
export async function writeRequest(
  { requests, newId, now, wakeWorker }: WriteNeeds,
  { kind, address }: Pick<WrittenRequest, 'kind' | 'address'>,
  { correlationId, traceparent }: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const at = now().toISOString();
  const trace = traceparent === undefined ? {} : { traceparent };
  await requests.add({ id: newId(), kind, address, at, correlationId, ...trace });
  wakeWorker();
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

async function requestReset(
  deps: CarryOutNeeds,
  { userId, email }: Living,
  request: WrittenRequest,
): Promise<void> {
  const { id, kind, correlationId, traceparent } = request;
  const origin = { correlationId, traceparent, commandId: commandIdOf(id, kind, userId) };
  await deps.accounts.execute(userId, origin, async () => ({
    type: 'RequestPasswordReset',
    owner: await ownerOf(deps, request.address),
    link: await mintLink(deps, 'reset', { userId, email }),
  }));
}
