/** The result of a check. */

/** A broken promise. Its detail contains ids of accounts, events and commands, and no personal data. */
export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
}

/** Every rule, with its text. */
export const rules = {
  'acknowledged commands': 'what was answered with 2xx is in the journal, as it was asked for',
  'one effect': 'a command has one commit at most on an account, of what it was for; a refused one has none',
  reads: 'a profile is shown as it was at its version, and never older than its reader has seen',
  numbering: 'the commits and events of an account count from 1 without gaps',
  'whole commits': 'what belongs together was appended together',
  claims: 'every proven address is claimed by the account that proved it, and by no other',
  'address marks': 'a sign-up is found by its address for as long as it lives unverified',
  topic: 'the first occurrences on the topic are the journal, in its order, and nothing else is there',
  'read model': 'every profile is the fold of the journal',
  parked: 'no account stands still',
  cutoffs: 'the notifier knows what supersedes earlier mails',
  mails: 'every mail that is owed was accepted, unless it was superseded, ran out or was refused for good',
  'stale mails': 'no mail arrives after its link has expired',
  'superseded mails': 'no mail is claimed for sending after what supersedes it was stored',
  'duplicate mails': 'a mail comes again only where its sender could not know that it was accepted',
  unpublished: 'the outbox is empty',
  leases: 'nothing waits in the hands of somebody who does not come back',
  groups: 'every group has read everything',
  'dead letters': 'nothing was set aside',
} as const satisfies Readonly<Record<string, string>>;

export type Rule = keyof typeof rules;

export interface Report {
  readonly ok: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/** Returns the violations of one rule. */
export function broken(rule: Rule, ...details: readonly string[]): readonly Violation[] {
  return details.map((detail) => ({ rule, detail }));
}
