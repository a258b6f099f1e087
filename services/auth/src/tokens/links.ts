/**
 * Creates and reads mailed links. Each link is for one account and one purpose, and is encrypted so that only
 * the notifier can read it.
 */
import { assertNever, type LinkPurpose } from '@latchkey/events';
import type { LinkToMail } from '../account/index.ts';
import type { UseCaseDeps } from '../deps.ts';
import { Refused } from '../refused.ts';

/**
 * Creates a link for a mail to the address that an account has stored. Stores nothing: the caller must append
 * the hash of the token to the journal.
 */
export async function createMailedLink(
  { settings, ...deps }: Pick<UseCaseDeps, 'linkTokens' | 'sealer' | 'settings' | 'now'>,
  purpose: Exclude<LinkPurpose, 'erasure'>,
  account: Addressee,
): Promise<LinkToMail> {
  const minutes = minutesOf(purpose, settings);
  return await createMailedLinkExpiringAt(
    deps,
    purpose,
    account,
    new Date(deps.now().getTime() + minutes * 60_000),
  );
}

interface Addressee {
  readonly userId: string;
  readonly email: string;
}

/** Creates a link like `createMailedLink`, but one that expires at a given time. */
export async function createMailedLinkExpiringAt(
  { linkTokens, sealer }: Pick<UseCaseDeps, 'linkTokens' | 'sealer'>,
  purpose: LinkPurpose,
  { userId, email }: Addressee,
  end: Date,
): Promise<LinkToMail> {
  const token = linkTokens.mint(userId);
  const expiresAt = end.toISOString();
  const sealed = await sealer.seal({ token, to: email, purpose, userId, expiresAt });
  return { hash: linkTokens.hash(purpose, token), sealed: { sealed, expiresAt } };
}

/** The number of days for which a change of address can be undone. */
const EMAIL_UNDO_DAYS = 7;

function minutesOf(purpose: Exclude<LinkPurpose, 'erasure'>, settings: UseCaseDeps['settings']): number {
  switch (purpose) {
    // A verification link verifies the address of a sign-up, and an email-change link confirms a new address.
    // Both prove that the recipient can read the mailbox, so they are valid equally long.
    case 'verification':
    case 'email-change':
      return settings.verificationMinutes;
    case 'reset':
      return settings.resetMinutes;
    case 'email-undo':
      return EMAIL_UNDO_DAYS * 24 * 60;
    default:
      return assertNever(purpose);
  }
}

/** The content of the token that a client has sent by following a mailed link. */
export interface LinkTokenContent {
  /** The account id that the link's token contains. */
  readonly userId: string;
  /** The hash of the token, as stored in the journal. */
  readonly tokenHash: string;
}

/**
 * Reads the token of a link that a client has sent.
 * @throws Refused (token_invalid) if the token is malformed
 */
export function readLinkToken(
  { linkTokens }: Pick<UseCaseDeps, 'linkTokens'>,
  purpose: LinkPurpose,
  token: string,
): LinkTokenContent {
  const userId = linkTokens.account(token);
  if (userId === undefined) throw new Refused('token_invalid');
  return { userId, tokenHash: linkTokens.hash(purpose, token) };
}
