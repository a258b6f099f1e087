/** The links of mails that lead to pages of the app (VERIFY_LINK, RESET_LINK, EMAIL_CHANGE_LINK, EMAIL_UNDO_LINK). */

/** Returns the token of a link: a query parameter `token`, or the last part of the path. */
export function extractLinkToken(url: string): string | undefined {
  const { searchParams, pathname } = new URL(url, 'http://localhost');
  const given = searchParams.get('token') ?? pathname.split('/').at(-1) ?? '';
  return /^[\w-]{64}$/.test(given) ? given : undefined;
}
