/** The store of suppressions. Every method rejects with StoreUnavailable if the store fails, and for no other reason. */
import type { Suppression } from '../delivery/suppression.ts';

export interface SuppressionQuery {
  readonly now: Date;
  /** The most to return, at least 1. */
  readonly limit: number;
  /** Return only those after the suppression with this id. */
  readonly after?: string;
}

export interface Suppressions {
  /** Returns the suppression that keeps a mail from a recipient at `now`: that of the mail, or of all mails. */
  find(recipient: string, mail: string, now: Date): Promise<Suppression | undefined>;
  /** Adds a suppression, or replaces that of the same recipient and mail. Deletes those that ended before it began. */
  put(suppression: Suppression): Promise<void>;
  /** Lists those that apply at `now`, by id. */
  list(query: SuppressionQuery): Promise<readonly Suppression[]>;
  /** @returns whether there was one, ended or not */
  remove(suppression: Pick<Suppression, 'recipient' | 'mail'>): Promise<boolean>;
}
