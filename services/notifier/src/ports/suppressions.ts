/** The store of suppressions. Every method rejects with StoreUnavailable if the store fails, and for no other reason. */
import type { MailSuppression } from '../delivery/suppression.ts';

export interface SuppressionQuery {
  readonly now: Date;
  /** The maximum number of suppressions to return, at least 1. */
  readonly limit: number;
  /** The id of a suppression. If set, only suppressions with a higher id are returned. */
  readonly after?: string;
}

export interface SuppressionStore {
  /**
   * Returns the suppression that stops a mail to a recipient at `now`: a suppression of that mail, or of all mails.
   */
  find(recipient: string, mail: string, now: Date): Promise<MailSuppression | undefined>;
  /**
   * Adds a suppression, or replaces the one with the same recipient and mail. Also deletes all suppressions,
   * of any recipient, that have ended when the added suppression begins.
   */
  put(suppression: MailSuppression): Promise<void>;
  /** Lists the suppressions that apply at `now`, by id. */
  list(query: SuppressionQuery): Promise<readonly MailSuppression[]>;
  /**
   * Removes the suppressions of a recipient that reports have caused. Keeps those that an operator added.
   * Idempotent.
   */
  removeReportedOf(recipient: string): Promise<void>;
  /** Removes a suppression. @returns whether there was one, even if it had ended */
  remove(suppression: Pick<MailSuppression, 'recipient' | 'mail'>): Promise<boolean>;
}
