/** The verification link: what its page shows, and what follows when a person acts on it. */
import { type AccountState, verificationRefusal } from '../account/index.ts';
import { ipKey } from '../credentials/ip-key.ts';
import { Refused } from '../refused.ts';
import type { Outcome } from './accounts.ts';
import { isContested, ownerOf, supersedeOthers } from './address.ts';
import { bestEffort } from './best-effort.ts';
import type { Context, Deps, Signed } from './deps.ts';
import { assertAllowed } from './guard.ts';
import { mintLink } from './links.ts';
import { presentedLink } from './presented-link.ts';
import { tryPassword } from './tries.ts';

/** What the page of a link that can be used tells. */
export interface OpenVerification {
  readonly username: string;
  readonly email: string;
  readonly locale: string;
  readonly signedUpAt: Date;
  /** This very link has verified the account already. */
  readonly used: boolean;
  /** Other sign-ups of the address live: the link needs the password of its own. */
  readonly contested: boolean;
}

/** Changes nothing: mail scanners follow links. @throws Refused (token_invalid, token_expired) */
export function viewVerification(deps: Deps) {
  return async (token: string): Promise<OpenVerification> => {
    const { userId, tokenHash } = presentedLink(deps, 'verification', token);
    const state = await deps.accounts.load(userId);
    const refusal = verificationRefusal(state, tokenHash, deps.now());
    if (refusal) throw new Refused(refusal);
    const used = state.verification?.used ?? false;
    return {
      username: state.username,
      email: state.email,
      locale: state.locale,
      signedUpAt: await signedUpAt(deps, userId),
      used,
      contested: !used && (await isContested(deps, state.address, userId)),
    };
  };
}

/**
 * The holder of the link confirms the sign-up, with its password where others are open.
 * @throws Refused (token_invalid, token_expired, password_required, rate_limited, conflict, unavailable)
 */
export function verify(deps: Deps) {
  return async (token: string, password: string | undefined, context: Context): Promise<Outcome> => {
    const link = presentedLink(deps, 'verification', token);
    const outcome =
      password === undefined
        ? await confirm(deps, link, undefined, context)
        : await confirmWith(deps, link, password, context);
    const { facts, refusal, state } = outcome;
    if (facts.length > 0) await bestEffort(() => deps.registrations.settle(link.userId));
    if (refusal) throw new Refused(refusal);
    if (facts.length > 0) await bestEffort(() => supersedeOthers(deps, state.address, context));
    return outcome;
  };
}

type PresentedLink = ReturnType<typeof presentedLink>;

function confirm(
  deps: Deps,
  { userId, tokenHash }: PresentedLink,
  passwordHash: string | undefined,
  context: Context,
): Promise<Outcome> {
  return deps.accounts.execute(userId, context, async ({ address }) => ({
    type: 'Verify',
    tokenHash,
    now: deps.now(),
    owner: await ownerOf(deps, address),
    contested: await isContested(deps, address, userId),
    ...(passwordHash !== undefined && { passwordHash }),
  }));
}

/** Guessing here counts as guessing at login. Only whoever has a link can make us hash. */
async function confirmWith(
  deps: Deps,
  link: PresentedLink,
  password: string,
  context: Context,
): Promise<Outcome> {
  const state = await deps.accounts.load(link.userId);
  const refusal = verificationRefusal(state, link.tokenHash, deps.now());
  if (refusal) return { state, facts: [], refusal };
  const { address } = state;
  const outcome = await tryPassword(deps, { address, ip: context.ip }, async () => {
    const passwordHash = await deps.passwords.hash(password, address, context.isAwaited);
    const confirmed = await confirm(deps, link, passwordHash, context);
    return confirmed.refusal === 'password_required' ? undefined : confirmed;
  });
  return outcome ?? { state, facts: [], refusal: 'password_required' };
}

/** "This was not me." @throws Refused (token_invalid, token_expired, conflict, unavailable) */
export function rejectSignUp(deps: Deps) {
  return async (token: string, context: Context): Promise<Outcome> => {
    const { userId, tokenHash } = presentedLink(deps, 'verification', token);
    const outcome = await deps.accounts.execute(userId, context, () => ({
      type: 'RejectRegistration',
      tokenHash,
      now: deps.now(),
    }));
    if (outcome.refusal) throw new Refused(outcome.refusal);
    await bestEffort(() => deps.registrations.settle(userId));
    return outcome;
  };
}

/** A newer link for the caller's own account, as it is then; a verified one needs none. @throws Refused (rate_limited) */
export function renewVerification(deps: Deps) {
  return async (caller: Signed, context: Context): Promise<AccountState> => {
    assertAllowed(await deps.limits.take('mail-ip', ipKey(context.ip)));
    if (caller.state.status !== 'unverified') return caller.state;
    const mayMail = await deps.limits.take('verification-address', caller.state.address);
    if (!mayMail.allowed) return caller.state;
    const { state } = await deps.accounts.execute(caller.userId, context, async ({ address, email }) => ({
      type: 'RenewVerification',
      owner: await ownerOf(deps, address),
      link: await mintLink(deps, 'verification', { userId: caller.userId, email }),
    }));
    return state;
  };
}

async function signedUpAt({ journal }: Deps, userId: string): Promise<Date> {
  const [registration] = await journal.read(userId);
  return new Date(registration?.at ?? 0);
}
