import type { ExportedMail } from '@latchkey/export';

/** Read access to the mails that the notifier has sent to account owners. */
export interface SentMails {
  /**
   * Returns the mails that the account's own events have caused and that went to the account's own address,
   * oldest first. Fetches further pages only when the caller consumes them.
   * @param accessToken a valid access token of that account
   * @throws SentMailsUnavailable during the iteration
   */
  toOwner(account: string, accessToken: string): AsyncIterable<ExportedMail>;
}

/** Thrown if the mails cannot be read because the notifier is unreachable. */
export class SentMailsUnavailable extends Error {
  override readonly name = 'SentMailsUnavailable';
}
