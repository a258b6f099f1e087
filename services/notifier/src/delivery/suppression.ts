/** Addresses that get no mail, or none of a kind, for a while. */

/** Every mail, whatever its name. */
export const ALL_MAILS = 'all';

/** Why: so far only an operator suppresses. */
export type SuppressionReason = 'operator';

export interface Suppression {
  /** The address, as a fingerprint: the list names nobody. */
  readonly recipient: string;
  /** What operators recognise the address by: `a…@example.com`. */
  readonly hint: string;
  /** The name of the mail, or ALL_MAILS. */
  readonly mail: string;
  readonly reason: SuppressionReason;
  readonly since: Date;
  /** It ends at this instant; never, if absent. */
  readonly until?: Date;
}

/** Returns the id of a suppression: there is one for each address and mail. */
export function suppressionId({ recipient, mail }: Pick<Suppression, 'recipient' | 'mail'>): string {
  return `${recipient}/${mail}`;
}
