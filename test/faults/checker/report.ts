/** The result of a check. */

/** A violated rule. The detail contains ids of accounts, events and commands, but no personal data. */
export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
}

/** The description of each rule. */
export const rules = {
  'acknowledged commands': 'what was answered with 2xx is in the journal, as it was asked for',
  'one effect': 'a command has one commit at most on an account, of what it was for; a refused one has none',
  coverage: 'there was enough of everything for the run to prove something',
  reads: 'a profile is shown as it was at its version, and never older than its reader has seen',
  'answering account': 'the account that answers is the one that was asked for',
  'refresh tokens': 'a refresh token has one successor, of the same session',
  'account order':
    'logins, refreshes, logouts and access tokens were answered as one order of what happened to the account allows',
  revocations: 'sessions end because of a command that asks for it, or of a reused token',
  'reader access': 'the user service accepts no token that what it shows has revoked, and refuses no other',
  'final logins':
    'at the end, accounts that were erased, kept or moved to another address answer as the journal says',
  erasures: 'an account is erased once that is due, and no other',
  'erased data':
    'an erasure removes the personal data of its account from journal and embedded log, and nothing else',
  originals: 'what an erasure has removed is known, so that the other rules apply to it',
  'erased copies': 'compaction leaves no personal data of an erased account on a topic',
  'erasure receipts': 'every consumer confirms each erasure, and no other',
  traces: 'no store or topic names somebody who is erased',
  'forged records': 'every reader sets aside what auth has not signed',
  people: 'an event names its person by the address and the name that the events before it have set',
  links: 'no mailed link works after its time',
  numbering: 'the commits and events of an account count from 1 without gaps',
  'whole commits': 'what belongs together was appended together',
  claims: 'every proven address is claimed by its account as long as that needs it, and by no other',
  'address marks': 'a sign-up is found by its address for as long as it lives unverified',
  topic: 'the first occurrences on the topic are the journal, in its order, and nothing else is there',
  'read model': 'every profile is the fold of the journal',
  'shown profiles': 'the API shows every profile at the end as the journal has it, and no other',
  limits: 'a command is refused because of a limit only after as many commands that count',
  parked: 'no account stands still',
  cutoffs: 'the notifier knows what supersedes earlier mails',
  mails: 'every mail that is owed was accepted, unless it was superseded, ran out or was refused for good',
  'stale mails': 'no mail arrives after its link has expired',
  'superseded mails': 'no mail is claimed for sending after what supersedes it was stored',
  'duplicate mails':
    'a mail comes again only where a fault of its own sender covers the moment of acceptance',
  unpublished: 'the outbox is empty',
  leases: 'nothing waits in the hands of somebody who does not come back',
  groups: 'every group has read everything',
  'full disk': 'a standalone whose disk is full says so',
  subscribers: 'the feed and webhooks deliver every event of an account, in its order',
  'dead letters': 'nothing was set aside',
} as const satisfies Readonly<Record<string, string>>;

export type Rule = keyof typeof rules;

export interface Report {
  readonly ok: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/** Returns the violations of one rule. */
export function violationsOf(rule: Rule, ...details: readonly string[]): readonly Violation[] {
  return details.map((detail) => ({ rule, detail }));
}
