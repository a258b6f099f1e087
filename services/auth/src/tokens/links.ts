/** Links in mails: created for one account and one purpose, and encrypted to the notifier. */
import type { LinkPurpose } from '@latchkey/events';
import type { NewLink } from '../account/index.ts';
import type { Deps } from '../deps.ts';
import { Refused } from '../refused.ts';

/** Creates a link to an account's stored address. The caller must append its hash; nothing is stored here. */
export async function mintLink(
  { linkTokens, sealer, settings, now }: Pick<Deps, 'linkTokens' | 'sealer' | 'settings' | 'now'>,
  purpose: LinkPurpose,
  { userId, email }: { readonly userId: string; readonly email: string },
): Promise<NewLink> {
  const minutes = purpose === 'verification' ? settings.verificationMinutes : settings.resetMinutes;
  const token = linkTokens.mint(userId);
  const expiresAt = new Date(now().getTime() + minutes * 60_000).toISOString();
  const sealed = await sealer.seal({ token, to: email, purpose, userId, expiresAt });
  return { hash: linkTokens.hash(purpose, token), sealed: { sealed, expiresAt } };
}

export interface OpenedLink {
  /** The account that the token contains. */
  readonly userId: string;
  /** The part of the token that the journal keeps. */
  readonly tokenHash: string;
}

/** Reads a link's token as a client sent it. @throws Refused (token_invalid) if it is malformed */
export function openLink(
  { linkTokens }: Pick<Deps, 'linkTokens'>,
  purpose: LinkPurpose,
  token: string,
): OpenedLink {
  const userId = linkTokens.account(token);
  if (userId === undefined) throw new Refused('token_invalid');
  return { userId, tokenHash: linkTokens.hash(purpose, token) };
}
