/**
 * Reads the links in mails that lead to pages of the app (settings VERIFY_LINK, RESET_LINK,
 * EMAIL_CHANGE_LINK, EMAIL_UNDO_LINK).
 */

/**
 * Returns the token in a link, which is the query parameter `token` or the last part of the path. Does not
 * use the class URL, because React Native's is incomplete.
 */
export function extractLinkToken(url: string): string | undefined {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? [];
  const parameter = /(?:^|&)token=([^&]*)/.exec(query)?.[1];
  const given = parameter ?? path.split('/').filter(Boolean).at(-1) ?? '';
  return /^[\w-]{64}$/.test(given) ? given : undefined;
}
