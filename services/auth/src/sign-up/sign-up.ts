/** Sign-up: always a new account, with the same answer and the same work whoever owns the address. */
import { ownerOf } from '../addresses/owners.ts';
import { commandIdOf } from '../command-id.ts';
import type { Context, Deps } from '../deps.ts';
import { assertAllowed } from '../limits/assert-allowed.ts';
import { ipKey } from '../limits/ip-key.ts';
import { assertStrongPassword } from '../passwords/new-password.ts';
import { Refused } from '../refused.ts';
import { writeRequest } from '../requests/written-requests.ts';
import type { Origin } from '../streams/commands.ts';
import { mintLink } from '../tokens/links.ts';

/** Beyond it, a sign-up requests a link to the newest pending one instead. */
const MAX_PENDING_SIGN_UPS_PER_ADDRESS = 5;

export interface SignUp {
  readonly email: { readonly stored: string; readonly canonical: string };
  readonly password: string;
  readonly username: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly locale: string;
}

/**
 * @throws Refused (rate_limited, password_too_weak, overloaded; email_already_registered if the settings allow to
 * reveal it)
 */
export async function signUp(
  deps: Pick<
    Deps,
    | 'accounts'
    | 'journal'
    | 'limits'
    | 'linkTokens'
    | 'newId'
    | 'now'
    | 'passwords'
    | 'registrations'
    | 'requests'
    | 'sealer'
    | 'settings'
    | 'wakeWorker'
  >,
  { email, password, ...person }: SignUp,
  context: Context,
): Promise<void> {
  const { accounts, registrations, limits, passwords, settings, newId } = deps;
  const { stored, canonical: address } = email;
  assertStrongPassword(password, { email: stored, username: person.username }, 'password');
  const origin = originOf(context, address);
  if (origin.commandId !== undefined && (await accounts.carriedOut(origin.commandId))) return;
  assertAllowed(await limits.take('signup-ip', ipKey(context.ip)));
  if (settings.revealExisting) await assertUnowned(deps, address);

  // The same work for every address, so that the time of the answer reveals nothing.
  const passwordHash = await passwords.hash(password, address, context.isAwaited);
  const userId = newId();
  const link = await mintLink(deps, 'verification', { userId, email: stored });

  // Over the limit nothing is written, because no mail could announce the account.
  const mayMail = await limits.take('verification-address', address);
  if (!mayMail.allowed) return;
  // Counts registrations without loading the accounts, whose number would show in the time of the answer.
  if ((await registrations.living(address)).length >= MAX_PENDING_SIGN_UPS_PER_ADDRESS) {
    await writeRequest(deps, { kind: 'verification', address }, context);
    return;
  }
  const { firstName, lastName, username, locale } = person;
  await accounts.create(userId, origin, async () => ({
    type: 'Register',
    userId,
    address,
    email: stored,
    username,
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    locale,
    passwordHash,
    link,
    owner: await ownerOf(deps, address),
  }));
}

function originOf(context: Context, address: string): Origin {
  const { idempotencyKey } = context;
  if (idempotencyKey === undefined) return context;
  return { ...context, commandId: commandIdOf(idempotencyKey, 'signup', address) };
}

async function assertUnowned(deps: Pick<Deps, 'journal'>, address: string): Promise<void> {
  if ((await ownerOf(deps, address)) !== undefined) throw new Refused('email_already_registered');
}
