/**
 * Requests by address: written down the same way for everyone and answered; who lives there is looked up
 * afterwards, so that neither the answer nor its time tells.
 */
import { ipKey } from '../credentials/ip-key.ts';
import type { WrittenRequest } from '../ports/requests.ts';
import { livingSignUps, ownerOf } from './address.ts';
import { commandIdOf } from './command-id.ts';
import type { Context, Deps } from './deps.ts';
import { assertAllowed } from './guard.ts';
import { mintLink } from './links.ts';

/** @throws Refused (rate_limited) by IP; over the limit of an address nothing is written, and nothing said. */
export function requestByAddress(deps: Pick<Deps, 'limits' | 'requests' | 'newId' | 'now' | 'wakeWorker'>) {
  return async (kind: WrittenRequest['kind'], address: string, context: Context): Promise<void> => {
    assertAllowed(await deps.limits.take('mail-ip', ipKey(context.ip)));
    const limit = kind === 'verification' ? 'verification-address' : 'reset-address';
    const mayMail = await deps.limits.take(limit, address);
    if (mayMail.allowed) await writeDown(deps, kind, address, context);
  };
}

export async function writeDown(
  { requests, newId, now, wakeWorker }: Pick<Deps, 'requests' | 'newId' | 'now' | 'wakeWorker'>,
  kind: WrittenRequest['kind'],
  address: string,
  { correlationId, traceparent }: Pick<Context, 'correlationId' | 'traceparent'>,
): Promise<void> {
  const at = now().toISOString();
  const trace = traceparent === undefined ? {} : { traceparent };
  await requests.add({ id: newId(), kind, address, at, correlationId, ...trace });
  wakeWorker();
}

/**
 * Carries out a written-down request. The owner of the address gets a reset link; the newest unverified
 * sign-up gets a link to choose a password, or, where the address is another's, the same event without one.
 */
export function carryOut(deps: Deps) {
  return async (request: WrittenRequest): Promise<void> => {
    const owner = await ownerOf(deps, request.address);
    const [newest] = await livingSignUps(deps, request.address);
    if (owner !== undefined && request.kind === 'password-reset') await requestReset(deps, owner, request);
    if (newest !== undefined) await requestReset(deps, newest.userId, request);
  };
}

async function requestReset(deps: Deps, userId: string, request: WrittenRequest): Promise<void> {
  const { id, kind, correlationId, traceparent } = request;
  const origin = { correlationId, traceparent, commandId: commandIdOf(id, kind, userId) };
  await deps.accounts.execute(userId, origin, async (state) => ({
    type: 'RequestPasswordReset',
    owner: await ownerOf(deps, request.address),
    link: await mintLink(deps, 'reset', { userId, email: state.email }),
  }));
}
