import type { ExportedMail } from '@latchkey/export';

/** The mails to the owners of accounts, which the notifier keeps. */
export interface Mails {
  /**
   * Returns the mails that the account's events have caused to its own address, oldest first, read page by page.
   * @param accessToken a valid access token of that account
   * @throws MailsUnavailable while the mails are read
   */
  toOwner(account: string, accessToken: string): AsyncIterable<ExportedMail>;
}

/** Thrown if the notifier cannot be reached at the moment. */
export class MailsUnavailable extends Error {
  override readonly name = 'MailsUnavailable';
}
