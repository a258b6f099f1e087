/**
 * The use cases of the verification link: returning the data for the page that the link opens, and confirming
 * or rejecting the sign-up.
 */
import { assertNever } from '@latchkey/events';
import {
  type AccountState,
  checkVerificationLink,
  doesProofMatchAccount,
  isLivingAccount,
  type LivingAccount,
  type SessionOrSignUpCookie,
  type SignUpProof,
} from '../account/index.ts';
import { endUnverifiedSignUpsForAddress, findAddressOwnerId } from '../addresses/owners.ts';
import { runBestEffort } from '../best-effort.ts';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { getRateLimitChargesForMail } from '../limits/mail-budget.ts';
import { runEvenIfRateLimited, runWithinLimits } from '../limits/within-limits.ts';
import { confirmLinkByPassword } from '../passwords/attempts.ts';
import { assertPasswordsMatch, assertStrongPassword } from '../passwords/new-password.ts';
import { endSessionsAndTrustOnlyThisIp } from '../passwords/reset.ts';
import { Refused } from '../refused.ts';
import { getRateLimitChargeForMailRequest } from '../requests/written-requests.ts';
import { replaceTrustedIpAddresses } from '../sessions/trust-source.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { createMailedLink, type LinkTokenContent, readLinkToken } from '../tokens/links.ts';

/** The data for the page that a valid verification link opens. */
export interface VerificationView {
  readonly username: string;
  readonly email: string;
  readonly locale: string;
  readonly signedUpAt: Date;
  /** Whether the verification link was already used before to verify the account. */
  readonly used: boolean;
  /**
   * Whether the request comes from the browser that was used for the sign-up. If so, the page asks for no
   * password and shows only a button.
   */
  readonly known: boolean;
}

/**
 * Returns the data for the page that a verification link opens. Changes nothing, because mail scanners open
 * links.
 * @param holders the session and the sign-up cookie that the request contains
 * @throws Refused (token_invalid, token_expired)
 */
export async function getVerificationView(
  deps: Pick<UseCaseDeps, 'accounts' | 'journal' | 'linkTokens' | 'now'>,
  token: string,
  holders: readonly SessionOrSignUpCookie[],
): Promise<VerificationView> {
  const { state } = await linkedAccount(deps, token);
  return {
    username: state.username,
    email: state.email,
    locale: state.locale,
    signedUpAt: await signedUpAt(deps, state.userId),
    used: state.status === 'verified',
    known: doesProofMatchAccount(state, { kind: 'holder', holders }),
  };
}

type LinkDeps = Pick<UseCaseDeps, 'accounts' | 'linkTokens' | 'now'>;

/**
 * Returns the account for which a verification link was issued.
 * @throws Refused (token_invalid, token_expired)
 */
async function linkedAccount(
  deps: LinkDeps,
  token: string,
): Promise<LinkTokenContent & { readonly state: LivingAccount }> {
  const link = readLinkToken(deps, 'verification', token);
  const state = await deps.accounts.load(link.userId);
  const refusal = checkVerificationLink(state, link.tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  if (!isLivingAccount(state)) throw new Refused('token_invalid');
  return { ...link, state };
}

export interface VerifySignUpRequest {
  /** The token of the verification link, as the client sent it. */
  readonly token: string;
  /**
   * Proof that the client made the sign-up, or a new password, which replaces the password chosen at sign-up.
   */
  readonly evidence: VerificationEvidence;
}

/**
 * What a client presents together with a verification link: a session or sign-up cookie, the password, or a
 * new password.
 */
export type VerificationEvidence =
  | { readonly kind: 'holder'; readonly holders: readonly SessionOrSignUpCookie[] }
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'new-password'; readonly newPassword: string; readonly confirmNewPassword: string };

type VerifySignUpDeps = Pick<
  UseCaseDeps,
  | 'accounts'
  | 'audit'
  | 'journal'
  | 'limits'
  | 'linkTokens'
  | 'newId'
  | 'now'
  | 'passwordRules'
  | 'passwords'
  | 'registrations'
  | 'requests'
  | 'sessions'
  | 'personalData'
  | 'trustedAddresses'
  | 'wakeWorker'
>;

/**
 * Confirms a sign-up. The request must contain two things: the link from the mailbox, and proof of having
 * made the sign-up (ADR 29).
 * @throws Refused (token_invalid, token_expired, password_required, password_incorrect,
 * passwords_do_not_match, password_too_weak, rate_limited, conflict, overloaded)
 */
export async function verifySignUp(
  deps: VerifySignUpDeps,
  { token, evidence }: VerifySignUpRequest,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  // Check the link first, so that requests without a valid link cause no password hashing and count no
  // attempts.
  const { state: account, ...link } = await linkedAccount(deps, token);
  const { facts, refusal, ...rest } = await confirmBy(deps, { link, account, evidence }, context);
  // Close the registration even if the account was verified by an earlier click, because the process may have
  // crashed before it closed the registration.
  if (facts.length > 0 || account.status === 'verified')
    await runBestEffort(() => deps.registrations.settle(link.userId));
  if (refusal) throw new Refused(refusal);
  if (facts.length > 0) {
    // From now on, trust only this client's IP address. The IP addresses trusted so far may belong to a
    // former owner of the email address. If a new password was chosen, this has already been done.
    if (evidence.kind !== 'new-password')
      await replaceTrustedIpAddresses(deps, { address: account.address, ip: context.ip });
    await runBestEffort(() => endUnverifiedSignUpsForAddress(deps, account.address, context));
  }
  return { facts, ...rest };
}

interface Attempt<Kind extends VerificationEvidence['kind'] = VerificationEvidence['kind']> {
  readonly link: LinkTokenContent;
  readonly account: LivingAccount;
  readonly evidence: Extract<VerificationEvidence, { kind: Kind }>;
}

function confirmBy(
  deps: VerifySignUpDeps,
  attempt: Attempt,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { link, account, evidence } = attempt;
  switch (evidence.kind) {
    case 'holder':
      return confirm(deps, link, evidence, context);
    case 'password':
      return confirmLinkByPassword(
        deps,
        { account, password: evidence.password, during: 'verification' },
        context,
        (passwordHash) => confirm(deps, link, { kind: 'password', passwordHash }, context),
      );
    case 'new-password':
      return confirmByNewPassword(deps, { link, account, evidence }, context);
    default:
      return assertNever(evidence);
  }
}

function confirm(
  deps: VerifySignUpDeps,
  { userId, tokenHash }: LinkTokenContent,
  proof: SignUpProof,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  return deps.accounts.execute(userId, context, async (state) => ({
    type: 'Verify',
    tokenHash,
    now: deps.now(),
    owner: isLivingAccount(state) ? await findAddressOwnerId(deps, state.address) : undefined,
    proof,
  }));
}

async function confirmByNewPassword(
  deps: VerifySignUpDeps,
  { link, account, evidence: { newPassword, confirmNewPassword } }: Attempt<'new-password'>,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  assertPasswordsMatch(newPassword, confirmNewPassword);
  await assertStrongPassword(deps, newPassword, account, 'newPassword');
  const passwordHash = await deps.passwords.hash(newPassword, account.address, context);
  const outcome = await confirm(deps, link, { kind: 'new-password', passwordHash }, context);
  if (!outcome.refusal && outcome.facts.length > 0)
    await endSessionsAndTrustOnlyThisIp(deps, { state: outcome.state, address: account.address }, context);
  return outcome;
}

/**
 * Ends a sign-up because the recipient of the mail rejects it ("this was not me").
 * @throws Refused (token_invalid, token_expired, conflict)
 */
export async function rejectSignUp(
  deps: Pick<UseCaseDeps, 'accounts' | 'linkTokens' | 'now' | 'registrations'>,
  token: string,
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  const { userId, tokenHash } = readLinkToken(deps, 'verification', token);
  const outcome = await deps.accounts.execute(userId, context, () => ({
    type: 'RejectRegistration',
    tokenHash,
    now: deps.now(),
  }));
  if (outcome.refusal) throw new Refused(outcome.refusal);
  await runBestEffort(() => deps.registrations.settle(userId));
  return outcome;
}

/**
 * Mails a new verification link to the caller's own address. Does nothing if the account is verified, or if
 * the limit on mails to the address is reached and the last link still works.
 * @throws Refused (rate_limited)
 */
export async function renewVerification(
  deps: Pick<UseCaseDeps, 'accounts' | 'journal' | 'limits' | 'linkTokens' | 'now' | 'sealer' | 'settings'>,
  caller: Caller,
  context: UseCaseContext,
): Promise<AccountState> {
  const { userId, state } = caller;
  const { address, email } = state;
  const budget = getRateLimitChargesForMail('renewal', address, context.ip);
  const outcome = await runWithinLimits<Pick<AccountCommandOutcome, 'state' | 'repeated'>>(
    deps,
    [getRateLimitChargeForMailRequest(context)],
    async () => {
      if (state.status !== 'unverified') return { state };
      return runEvenIfRateLimited(deps, budget, ({ allowed }) =>
        deps.accounts.execute(userId, context, async () => ({
          type: 'RenewVerification',
          owner: await findAddressOwnerId(deps, address),
          link: await createMailedLink(deps, 'verification', { userId, email }),
          ...(!allowed && { unlessUsableAt: deps.now() }),
        })),
      );
    },
  );
  return outcome.state;
}

async function signedUpAt({ journal }: Pick<UseCaseDeps, 'journal'>, userId: string): Promise<Date> {
  const [registration] = await journal.read(userId, 0, 1);
  return new Date(registration?.at ?? 0);
}
