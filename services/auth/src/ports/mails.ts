import type { ExportedMail } from '@latchkey/export';

/** Read access to the mails that the notifier has sent to account owners. */
export interface SentMails {
  /**
   * Returns the mails to an account's own address that were caused by the account's events, oldest first.
   * Pages are fetched as they are consumed.
   * @param accessToken a valid access token of that account
   * @throws SentMailsUnavailable during the iteration
   */
  toOwner(account: string, accessToken: string): AsyncIterable<ExportedMail>;
}

/** Thrown if the mails cannot be read because the notifier is unreachable. */
export class SentMailsUnavailable extends Error {
  override readonly name = 'SentMailsUnavailable';
}
