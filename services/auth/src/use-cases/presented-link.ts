/** A link's token as a client presents it: which account it names, and what the journal would know it by. */

import type { LinkPurpose } from '@latchkey/events';
import { Refused } from '../refused.ts';
import type { Deps } from './deps.ts';

/** @throws Refused (token_invalid) for what is no token at all. */
export function presentedLink(
  { linkTokens }: Pick<Deps, 'linkTokens'>,
  purpose: LinkPurpose,
  token: string,
): { readonly userId: string; readonly tokenHash: string } {
  const userId = linkTokens.account(token);
  if (userId === undefined) throw new Refused('token_invalid');
  return { userId, tokenHash: linkTokens.hash(purpose, token) };
}
