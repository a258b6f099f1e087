/** The links of mails that lead to pages of the app (VERIFY_LINK, RESET_LINK, EMAIL_CHANGE_LINK, EMAIL_UNDO_LINK). */

/**
 * Returns the token of a link: a query parameter `token`, or the last part of the path. The link is not parsed with
 * URL, because the one of React Native is incomplete.
 */
export function extractLinkToken(url: string): string | undefined {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? [];
  const parameter = /(?:^|&)token=([^&]*)/.exec(query)?.[1];
  const given = parameter ?? path.split('/').filter(Boolean).at(-1) ?? '';
  return /^[\w-]{64}$/.test(given) ? given : undefined;
}
