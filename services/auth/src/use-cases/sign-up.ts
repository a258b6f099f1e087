/** Sign-up: an account of its own each time; the same answer and the same work whoever has the address. */
import { Problem } from '@latchkey/http';
import { ipKey } from '../credentials/ip-key.ts';
import { authProblems } from '../http/problems.ts';
import type { Origin } from './accounts.ts';
import { ownerOf } from './address.ts';
import { commandIdOf } from './command-id.ts';
import type { Context, Deps } from './deps.ts';
import { demandAllowed, demandStrong } from './guard.ts';
import { mintLink } from './links.ts';
import { writeDown } from './written-requests.ts';

/** Living unverified accounts of one address; a further sign-up asks for a link to the newest of them. */
const FULL_HOUSE = 5;

export interface SignUp {
  readonly email: { readonly stored: string; readonly canonical: string };
  readonly password: string;
  readonly username: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly locale: string;
}

/**
 * @throws Problem (rate_limited, password_too_weak, unavailable; email_already_registered where the settings
 * say that sign-ups may reveal it)
 */
export function signUp(deps: Deps) {
  return async (person: SignUp, context: Context): Promise<void> => {
    const { accounts, journal, limits, passwords, settings, newId } = deps;
    const { stored, canonical: address } = person.email;
    demandStrong(person.password, { email: stored, username: person.username });
    const origin = originOf(context, address);
    if (origin.commandId !== undefined && (await accounts.carriedOut(origin.commandId))) return;
    demandAllowed(await limits.take('signup-ip', ipKey(context.ip)));
    if (settings.revealExisting) await refuseTaken(deps, address);

    // The work is the same for every address, so that its time tells nothing.
    const passwordHash = await passwords.hash(person.password, address, context.isAwaited);
    const userId = newId();
    const link = await mintLink(deps, 'verification', { userId, email: stored });

    // Over the limit nothing is written: no account that nobody could be told of.
    const mayMail = await limits.take('verification-address', address);
    if (!mayMail.allowed) return;
    // As many as are marked: loading them would take the longer the more there are.
    if ((await journal.living(address)).length >= FULL_HOUSE) {
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

const refuseTaken = async (deps: Pick<Deps, 'journal'>, address: string): Promise<void> => {
  if ((await ownerOf(deps, address)) === undefined) return;
  throw new Problem(authProblems.email_already_registered, {
    detail: 'An account with this e-mail address exists already.',
  });
};
