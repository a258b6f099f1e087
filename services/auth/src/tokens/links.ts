/** Links of mails: minted for one account and one purpose, sealed to the notifier. */
import type { LinkPurpose } from '@latchkey/events';
import type { NewLink } from '../account/index.ts';
import type { Deps } from '../deps.ts';
import { Refused } from '../refused.ts';

/** Makes a link to an account's stored address. The caller must append its hash; nothing is stored here. */
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
  /** The account that the token names. */
  readonly userId: string;
  /** What the journal keeps of the token. */
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
