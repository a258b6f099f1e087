/**
 * Handles the link that is mailed to a new address: returns the data for the page that the link opens, and
 * confirms the change of address.
 */
import { assertNever } from '@latchkey/events';
import {
  type ConfirmEmailChangeCommand,
  checkEmailChangeLink,
  isLivingAccount,
  type LivingAccount,
  requireExistingAccount,
  type SessionOrSignUpCookie,
  type VerifiedAccount,
} from '../account/index.ts';
import { endUnverifiedSignUpsForAddress, findAddressOwnerId } from '../addresses/owners.ts';
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { confirmLinkByPassword } from '../passwords/attempts.ts';
import { Refused } from '../refused.ts';
import { replaceTrustedIpAddresses } from '../sessions/trust-source.ts';
import type { AccountCommandOutcome } from '../streams/accounts.ts';
import { createMailedLink, type LinkTokenContent, readLinkToken } from '../tokens/links.ts';

/**
 * The data for the page that a valid link to confirm a change of address opens. The current address is left
 * out, because a mistyped new address may belong to a stranger.
 */
export interface EmailChangeView {
  readonly username: string;
  readonly newEmail: string;
  readonly locale: string;
  /** Whether the link has already been used to confirm the change of address. */
  readonly used: boolean;
}

type LinkDeps = Pick<UseCaseDeps, 'accounts' | 'linkTokens' | 'now'>;

/**
 * Returns the data for the page that a link to confirm a change of address opens. Changes nothing.
 * @throws Refused (token_invalid, token_expired)
 */
export async function getEmailChangeView(deps: LinkDeps, token: string): Promise<EmailChangeView> {
  const { tokenHash, state } = await linkedAccount(deps, token);
  const { username, locale, email, emailChange } = state;
  // `linkedAccount` accepts only two links: the link of the pending change, and the link that confirmed the
  // last change. So if the hash is not that of the pending change, the link was already used.
  const used = emailChange?.link.hash !== tokenHash;
  return { username, locale, newEmail: used ? email : emailChange.email, used };
}

/** Evidence that a request comes from the owner of the account. */
export type OwnerEvidence =
  | { readonly kind: 'holder'; readonly holders: readonly SessionOrSignUpCookie[] }
  | { readonly kind: 'password'; readonly password: string };

type Needs = LinkDeps &
  Pick<
    UseCaseDeps,
    | 'audit'
    | 'journal'
    | 'limits'
    | 'newId'
    | 'passwords'
    | 'personalData'
    | 'registrations'
    | 'requests'
    | 'sealer'
    | 'sessions'
    | 'settings'
    | 'trustedAddresses'
    | 'wakeWorker'
  >;

/**
 * Confirms a change of address. Requires the link that was mailed to the new address, and evidence that the
 * request comes from the owner of the account (ADR 35). The account keeps the claim on the previous address
 * while the change can be undone.
 * @throws Refused (token_invalid, token_expired, password_required, password_incorrect, rate_limited,
 * conflict, overloaded)
 */
export async function confirmEmailChange(
  deps: Needs,
  { token, evidence }: { readonly token: string; readonly evidence: OwnerEvidence },
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  // Check the link first, so that with an invalid link, no password is hashed and no attempt is counted.
  const { state: account, ...link } = await linkedAccount(deps, token);
  const outcome = await confirmBy(deps, { link, account, evidence }, context);
  if (outcome.refusal) throw new Refused(outcome.refusal);
  if (outcome.facts.length > 0)
    await afterNewAddress(deps, requireExistingAccount(outcome.state).address, context);
  return outcome;
}

interface Attempt {
  readonly link: LinkTokenContent;
  readonly account: LivingAccount;
  readonly evidence: OwnerEvidence;
}

function confirmBy(deps: Needs, attempt: Attempt, context: UseCaseContext): Promise<AccountCommandOutcome> {
  const { link, account, evidence } = attempt;
  switch (evidence.kind) {
    case 'holder':
      return confirm(deps, link, evidence, context);
    case 'password':
      return confirmLinkByPassword(
        deps,
        { account, password: evidence.password, during: 'email-change' },
        context,
        (passwordHash) => confirm(deps, link, { kind: 'password', passwordHash }, context),
      );
    default:
      return assertNever(evidence);
  }
}

function confirm(
  deps: Needs,
  { userId, tokenHash }: LinkTokenContent,
  proof: ConfirmEmailChangeCommand['proof'],
  context: UseCaseContext,
): Promise<AccountCommandOutcome> {
  return deps.accounts.execute(userId, context, async (state) => ({
    type: 'ConfirmEmailChange',
    tokenHash,
    now: deps.now(),
    proof,
    ...(await lookedUp(deps, userId, state)),
  }));
}

/**
 * Looks up what the command needs: the current owner of the new address, and a new link for undoing the
 * change, which will be mailed to the current address.
 */
async function lookedUp(
  deps: Needs,
  userId: string,
  state: Parameters<typeof isLivingAccount>[0],
): Promise<Pick<ConfirmEmailChangeCommand, 'owner' | 'undo'>> {
  const newAddress = state.status === 'verified' ? state.emailChange?.address : undefined;
  return {
    owner: newAddress === undefined ? undefined : await findAddressOwnerId(deps, newAddress),
    undo: await createMailedLink(deps, 'email-undo', {
      userId,
      email: isLivingAccount(state) ? state.email : '',
    }),
  };
}

/**
 * Does the follow-up work after an account got a new address. Makes the client's IP address the only one that
 * is trusted for the new email address, because the IP addresses that were trusted before may belong to a
 * former owner of that email address. Also ends the pending sign-ups with that email address.
 */
async function afterNewAddress(deps: Needs, address: string, context: UseCaseContext): Promise<void> {
  await replaceTrustedIpAddresses(deps, { address, ip: context.ip });
  await runBestEffort(() => endUnverifiedSignUpsForAddress(deps, address, context));
}

/**
 * Returns the account to which a link for confirming a change of address belongs.
 * @throws Refused (token_invalid, token_expired)
 */
async function linkedAccount(
  deps: LinkDeps,
  token: string,
): Promise<LinkTokenContent & { readonly state: VerifiedAccount }> {
  const link = readLinkToken(deps, 'email-change', token);
  const state = await deps.accounts.load(link.userId);
  const refusal = checkEmailChangeLink(state, link.tokenHash, deps.now());
  if (refusal) throw new Refused(refusal);
  if (state.status !== 'verified') throw new Refused('token_invalid');
  return { ...link, state };
}
