/** The verification link: what its page shows, and confirming or rejecting the sign-up. */
import { type AccountState, existing, isLiving, verificationRefusal } from '../account/index.ts';
import { isContested, ownerOf, supersedeOthers } from '../addresses/owners.ts';
import { bestEffort } from '../best-effort.ts';
import type { Caller, Context, Deps } from '../deps.ts';
import { mailBudget } from '../limits/mail-budget.ts';
import { ifWithinLimits, withinLimits } from '../limits/within-limits.ts';
import { limitPasswordAttempts } from '../passwords/attempts.ts';
import { Refused } from '../refused.ts';
import { mailRequest } from '../requests/written-requests.ts';
import type { Outcome } from '../streams/accounts.ts';
import { mintLink, type OpenedLink, openLink } from '../tokens/links.ts';

/** What the page of a usable verification link shows. */
export interface OpenVerification {
  readonly username: string;
  readonly email: string;
  readonly locale: string;
  readonly signedUpAt: Date;
  /** This link has already verified the account. */
  readonly used: boolean;
  /** The address has other living sign-ups, so the link needs the password of its own. */
  readonly contested: boolean;
}

/** Changes nothing, because mail scanners follow links. @throws Refused (token_invalid, token_expired) */
export async function viewVerification(
  deps: Pick<Deps, 'accounts' | 'journal' | 'linkTokens' | 'now' | 'registrations'>,
  token: string,
): Promise<OpenVerification> {
  const { userId, tokenHash } = openLink(deps, 'verification', token);
  const state = await deps.accounts.load(userId);
  const refusal = verificationRefusal(state, tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  if (!isLiving(state)) throw new Refused('token_invalid');
  const used = state.status === 'verified';
  return {
    username: state.username,
    email: state.email,
    locale: state.locale,
    signedUpAt: await signedUpAt(deps, userId),
    used,
    contested: !used && (await isContested(deps, state.address, userId)),
  };
}

export interface Verify {
  /** The link's token, as the client sent it. */
  readonly token: string;
  /** Needed if the address has other living sign-ups. */
  readonly password?: string | undefined;
}

type VerifyNeeds = Pick<
  Deps,
  | 'accounts'
  | 'journal'
  | 'limits'
  | 'linkTokens'
  | 'now'
  | 'passwords'
  | 'registrations'
  | 'sessions'
  | 'trustedAddresses'
>;

/**
 * Confirms the sign-up.
 * @throws Refused (token_invalid, token_expired, password_required, rate_limited, conflict, overloaded)
 */
export async function verify(
  deps: VerifyNeeds,
  { token, password }: Verify,
  context: Context,
): Promise<Outcome> {
  const link = openLink(deps, 'verification', token);
  const outcome =
    password === undefined
      ? await confirm(deps, link, undefined, context)
      : await confirmWithPassword(deps, link, password, context);
  const { facts, refusal, state } = outcome;
  if (facts.length > 0) await bestEffort(() => deps.registrations.settle(link.userId));
  if (refusal) throw new Refused(refusal);
  if (facts.length > 0) await bestEffort(() => supersedeOthers(deps, existing(state).address, context));
  return outcome;
}

function confirm(
  deps: VerifyNeeds,
  { userId, tokenHash }: OpenedLink,
  passwordHash: string | undefined,
  context: Context,
): Promise<Outcome> {
  return deps.accounts.execute(userId, context, async (state) => ({
    type: 'Verify',
    tokenHash,
    now: deps.now(),
    ...(await rivalsOf(deps, state)),
    ...(passwordHash !== undefined && { passwordHash }),
  }));
}

/** Looks up who else has the address of an account. */
async function rivalsOf(deps: VerifyNeeds, state: AccountState) {
  if (!isLiving(state)) return { owner: undefined, contested: false };
  const { address, userId } = state;
  return { owner: await ownerOf(deps, address), contested: await isContested(deps, address, userId) };
}

/** Counts as a login attempt. Hashes only for a valid link. */
async function confirmWithPassword(
  deps: VerifyNeeds,
  link: OpenedLink,
  password: string,
  context: Context,
): Promise<Outcome> {
  const state = await deps.accounts.load(link.userId);
  const refusal = verificationRefusal(state, link.tokenHash, deps.now());
  if (refusal) return { state, facts: [], refusal };
  if (!isLiving(state)) return { state, facts: [], refusal: 'token_invalid' };
  const { address } = state;
  const outcome = await limitPasswordAttempts(deps, { address, ip: context.ip }, async () => {
    const passwordHash = await deps.passwords.hash(password, address, context);
    const confirmed = await confirm(deps, link, passwordHash, context);
    return confirmed.refusal === 'password_required' ? undefined : confirmed;
  });
  return outcome ?? { state, facts: [], refusal: 'password_required' };
}

/** Ends the sign-up: "this was not me". @throws Refused (token_invalid, token_expired, conflict) */
export async function rejectSignUp(
  deps: Pick<Deps, 'accounts' | 'linkTokens' | 'now' | 'registrations'>,
  token: string,
  context: Context,
): Promise<Outcome> {
  const { userId, tokenHash } = openLink(deps, 'verification', token);
  const outcome = await deps.accounts.execute(userId, context, () => ({
    type: 'RejectRegistration',
    tokenHash,
    now: deps.now(),
  }));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  await bestEffort(() => deps.registrations.settle(userId));
  return outcome;
}

/**
 * Sends a new link to the caller's own address; a no-op for a verified account, and over the mail budget as long as the
 * last link works. @throws Refused (rate_limited)
 */
export async function renewVerification(
  deps: Pick<Deps, 'accounts' | 'journal' | 'limits' | 'linkTokens' | 'now' | 'sealer' | 'settings'>,
  caller: Caller,
  context: Context,
): Promise<AccountState> {
  const { userId, state } = caller;
  const { address, email } = state;
  const budget = mailBudget('renewal', address, context.ip);
  const outcome = await withinLimits<Pick<Outcome, 'state' | 'repeated'>>(
    deps,
    [mailRequest(context)],
    async () => {
      if (state.status !== 'unverified') return { state };
      return ifWithinLimits(deps, budget, ({ allowed }) =>
        deps.accounts.execute(userId, context, async () => ({
          type: 'RenewVerification',
          owner: await ownerOf(deps, address),
          link: await mintLink(deps, 'verification', { userId, email }),
          ...(!allowed && { unlessUsableAt: deps.now() }),
        })),
      );
    },
  );
  return outcome.state;
}

async function signedUpAt({ journal }: Pick<Deps, 'journal'>, userId: string): Promise<Date> {
  const [registration] = await journal.read(userId);
  return new Date(registration?.at ?? 0);
}
