/** Sign-up: an account of its own each time; the same answer and the same work whoever has the address. */
import { ipKey } from '../credentials/ip-key.ts';
import { Refused } from '../refused.ts';
import type { Origin } from './accounts.ts';
import { ownerOf } from './address.ts';
import { commandIdOf } from './command-id.ts';
import type { Context, Deps } from './deps.ts';
import { assertAllowed, assertStrongPassword } from './guard.ts';
import { mintLink } from './links.ts';
import { writeDown } from './written-requests.ts';

/** Living unverified accounts of one address; a further sign-up asks for a link to the newest of them. */
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
 * @throws Refused (rate_limited, password_too_weak, unavailable; email_already_registered where the settings
 * say that sign-ups may reveal it)
 */
export function signUp(deps: Deps) {
  return async (person: SignUp, context: Context): Promise<void> => {
    const { accounts, registrations, limits, passwords, settings, newId } = deps;
    const { stored, canonical: address } = person.email;
    assertStrongPassword(person.password, { email: stored, username: person.username }, 'password');
    const origin = originOf(context, address);
    if (origin.commandId !== undefined && (await accounts.carriedOut(origin.commandId))) return;
    assertAllowed(await limits.take('signup-ip', ipKey(context.ip)));
    if (settings.revealExisting) await refuseTaken(deps, address);

    // The work is the same for every address, so that its time tells nothing.
    const passwordHash = await passwords.hash(person.password, address, context.isAwaited);
    const userId = newId();
    const link = await mintLink(deps, 'verification', { userId, email: stored });

    // Over the limit nothing is written: no account that nobody could be told of.
    const mayMail = await limits.take('verification-address', address);
    if (!mayMail.allowed) return;
    // As many as are marked: loading them would take the longer the more there are.
    if ((await registrations.living(address)).length >= MAX_PENDING_SIGN_UPS_PER_ADDRESS) {
      await writeDown(deps, 'verification', address, context);
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
  };
}

function originOf(context: Context, address: string): Origin {
  return {
    ...context,
    ...(context.idempotencyKey !== undefined && {
      commandId: commandIdOf(context.idempotencyKey, 'signup', address),
    }),
  };
}

async function refuseTaken(deps: Pick<Deps, 'journal'>, address: string): Promise<void> {
  if ((await ownerOf(deps, address)) === undefined) return;
  throw new Refused('email_already_registered');
}
