/** Links: minted for one account and one purpose, sealed to the notifier. */
import type { LinkPurpose } from '@latchkey/events';
import type { NewLink } from '../account/index.ts';
import type { Deps } from './deps.ts';

type Needs = Pick<Deps, 'linkTokens' | 'sealer' | 'settings' | 'now'>;

/** A fresh link to an account's stored address; nothing of it is kept here. */
export async function mintLink(
  { linkTokens, sealer, settings, now }: Needs,
  purpose: LinkPurpose,
  { userId, email }: { readonly userId: string; readonly email: string },
): Promise<NewLink> {
  const minutes = purpose === 'verification' ? settings.verificationMinutes : settings.resetMinutes;
  const token = linkTokens.mint(userId);
  const expiresAt = new Date(now().getTime() + minutes * 60_000).toISOString();
  const sealed = await sealer.seal({ token, to: email, purpose, userId, expiresAt });
  return { hash: linkTokens.hash(purpose, token), sealed: { sealed, expiresAt } };
}
