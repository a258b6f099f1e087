/** The verification link: what its page shows, and what follows when a person acts on it. */
import { verificationRefusal } from '../account/index.ts';
import { refused } from '../http/problems.ts';
import { type Outcome, reachable } from './accounts.ts';
import { livingSignUps, ownerOf, supersedeOthers } from './address.ts';
import type { Context, Deps, Signed } from './deps.ts';
import { demandAllowed } from './guard.ts';
import { mintLink } from './links.ts';
import { presentedLink } from './presented-link.ts';

/** What the page of a link that can be used tells. */
export interface OpenVerification {
  readonly username: string;
  readonly locale: string;
  readonly signedUpAt: Date;
  /** This very link has verified the account already. */
  readonly used: boolean;
  /** Other sign-ups of the address live: the link needs the password of its own. */
  readonly contested: boolean;
}

/** Changes nothing: mail scanners follow links. @throws Problem (token_invalid, token_expired) */
export const viewVerification =
  (deps: Deps) =>
  async (token: string): Promise<OpenVerification> => {
    const { userId, tokenHash } = presentedLink(deps, 'verification', token);
    const state = await deps.accounts.load(userId);
    const refusal = verificationRefusal(state, tokenHash, deps.now());
    if (refusal) throw refused(refusal);
    const used = state.verification?.used ?? false;
    return {
      username: state.username,
      locale: state.locale,
      signedUpAt: await signedUpAt(deps, userId),
      used,
      contested: !used && (await isContested(deps, state.address, userId)),
    };
  };

/**
 * The holder of the link confirms the sign-up, with its password where others are open.
 * @throws Problem (token_invalid, token_expired, password_required, rate_limited, conflict, unavailable)
 */
export const verify =
  (deps: Deps) =>
  async (token: string, password: string | undefined, context: Context): Promise<Outcome> => {
    const { accounts, journal, limits } = deps;
    const { userId, tokenHash } = presentedLink(deps, 'verification', token);
    const passwordHash = password === undefined ? undefined : await checkedHash(deps, userId, password);
    const outcome = await accounts.execute(userId, context, async ({ address }) => ({
      type: 'Verify',
      tokenHash,
      now: deps.now(),
      owner: await ownerOf(deps, address),
      contested: await isContested(deps, address, userId),
      ...(passwordHash !== undefined && { passwordHash }),
    }));
    if (outcome.facts.length > 0) await journal.settle(userId);
    if (outcome.refusal === 'password_required' && password !== undefined) {
      await limits.take('login-address', outcome.state.address);
    }
    if (outcome.refusal) throw refused(outcome.refusal);
    if (outcome.facts.length > 0) await supersedeOthers(deps, outcome.state.address, context);
    return outcome;
  };

/** "This was not me." @throws Problem (token_invalid, token_expired, conflict, unavailable) */
export const rejectSignUp =
  (deps: Deps) =>
  async (token: string, context: Context): Promise<Outcome> => {
    const { userId, tokenHash } = presentedLink(deps, 'verification', token);
    const outcome = await deps.accounts.execute(userId, context, () => ({
      type: 'RejectRegistration',
      tokenHash,
      now: deps.now(),
    }));
    if (outcome.refusal) throw refused(outcome.refusal);
    await deps.journal.settle(userId);
    return outcome;
  };

/** A newer link for the caller's own account; a verified one needs none. @throws Problem (rate_limited) */
export const renewVerification =
  (deps: Deps) =>
  async (caller: Signed, context: Context): Promise<void> => {
    demandAllowed(await deps.limits.take('mail-ip', context.ip));
    if (caller.state.status !== 'unverified') return;
    const mayMail = await deps.limits.take('verification-address', caller.state.address);
    if (!mayMail.allowed) return;
    await deps.accounts.execute(caller.userId, context, async ({ address, email }) => ({
      type: 'RenewVerification',
      owner: await ownerOf(deps, address),
      link: await mintLink(deps, 'verification', { userId: caller.userId, email }),
    }));
  };

const signedUpAt = async ({ journal }: Deps, userId: string): Promise<Date> => {
  const [registration] = await reachable(() => journal.read(userId));
  return new Date(registration?.at ?? 0);
};

/** Guessing here counts as guessing at login. @throws Problem (rate_limited) */
const checkedHash = async (deps: Deps, userId: string, password: string): Promise<string> => {
  const { address } = await deps.accounts.load(userId);
  demandAllowed(await deps.limits.peek('login-address', address));
  return deps.passwords.hash(password, address);
};

const isContested = async (deps: Deps, address: string, userId: string): Promise<boolean> =>
  (await livingSignUps(deps, address)).some((other) => other.userId !== userId);
