/** The result of a check. */

/**
 * A violation of a rule. The field `detail` contains ids of accounts, events and commands, but no personal
 * data.
 */
export interface Violation {
  readonly rule: Rule;
  readonly detail: string;
}

/** The description of each rule. */
export const ruleDescriptions = {
  'acknowledged commands': 'the journal contains the effect of every command with a 2xx response',
  'one effect':
    'a command causes at most one commit per account, with the requested effect; a refused command causes none',
  coverage: 'the run had enough commands, faults and effects to prove something',
  reads:
    'a profile is shown as it was at its version, which is not older than the version that the reader has seen',
  'answering account': 'a response is about the account that the request was meant for',
  'refresh tokens': 'a refresh token has only one successor, in the same session',
  'account order':
    'the responses to logins, refreshes, logouts and access tokens are linearizable per account',
  revocations: 'sessions are only revoked by a command that does so, or because a refresh token was reused',
  'reader access':
    'the user service refuses the tokens that its read model has revoked, and accepts all others',
  'final logins':
    'at the end, logins to accounts that were erased, kept or moved to another address have the correct outcome',
  erasures: 'an account is erased when its erasure is due, and no other account is erased',
  'erased data':
    'an erasure removes the personal data of its account from the journal and the embedded log, and nothing else',
  originals: 'the original of everything that was erased is known, so that the other rules can be checked',
  'erased copies': 'compaction leaves no personal data of an erased account on a topic',
  'erasure receipts': 'every consumer confirms each erasure, and nothing else',
  traces: 'no store or topic contains personal data of an erased person',
  'forged records': 'every consumer rejects records that auth has not signed',
  people: 'an event has the address and the username that the earlier events of the account have set',
  links: 'no mailed link works after it has expired',
  numbering: 'the commits and events of an account are numbered from 1 without gaps',
  'whole commits': 'events that belong together are in the same commit',
  claims: 'an account claims its verified addresses as long as it needs them, and no others',
  'address marks': 'a pending sign-up can be found by its address',
  topic: 'without duplicates, the topic equals the journal, in order and content',
  'read model': 'every profile equals the fold of the events in the journal',
  'shown profiles': 'at the end, the API shows exactly the profiles that follow from the journal',
  limits: 'a limit refuses a command only after the allowed number of commands',
  parked: 'no account is parked',
  cutoffs: 'the notifier has stored which earlier mails are superseded',
  mails: 'every required mail was accepted, unless it was superseded, expired or permanently refused',
  'stale mails': 'no mail arrives after its link has expired',
  'superseded mails': 'no mail is claimed for sending after the cutoff that supersedes it was stored',
  'duplicate mails':
    'a mail is sent again only if a fault hit the process that sent the accepted copy, at that time',
  senders: 'every attempt names the process that made it',
  unpublished: 'the outbox is empty',
  leases: 'no recorded request, mail or lease is left over',
  groups: 'every consumer group has read all records',
  'full disk': 'a standalone whose disk is full reports it',
  forks: 'after a restore of the journal, every account whose history has forked is noticed, and no other',
  generations: 'after a switch, every process answers with the active generation of the read model',
  'restored file':
    'a restored backup contains nothing that happened after the backup, and subscribers notice the next event',
  'restored read model': 'after a restore of the read model, every account whose events it lacks is reported',
  subscribers: 'the feed, webhooks and subscribe() deliver every event of an account in order',
  'dead letters': 'the dead-letter queues are empty',
} as const satisfies Readonly<Record<string, string>>;

export type Rule = keyof typeof ruleDescriptions;

export interface Report {
  readonly ok: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/** Returns the violations of one rule. */
export function createViolations(rule: Rule, ...details: readonly string[]): readonly Violation[] {
  return details.map((detail) => ({ rule, detail }));
}
