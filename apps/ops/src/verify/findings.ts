/** What can be found where journal, topics, read model and deliveries disagree. */

export type FindingKind =
  /** The journal itself cannot be followed: a commit is missing or cannot be read. */
  | 'journal-broken'
  /** A commit has been in the outbox for longer than the relay needs. */
  | 'commit-unpublished'
  /** An event breaks its contract, so that it cannot be published. */
  | 'event-unpublishable'
  /** An event counts as published and is not on its topic. */
  | 'event-missing'
  /** Under the sequence of an event its topic has another one. */
  | 'event-differs'
  /** The topic has an event that the journal does not have. */
  | 'event-unknown'
  | 'account-parked'
  | 'profile-missing'
  /** The read model has not applied all that is on the topic. */
  | 'profile-behind'
  /** The read model has applied more than the journal has. */
  | 'profile-ahead'
  /** A stored profile is not what its events add up to. */
  | 'profile-differs'
  /** The read model has an account that the journal does not have. */
  | 'profile-unknown'
  /** An event owes a mail, and no delivery of it is recorded. */
  | 'delivery-missing'
  /** A lease was over long ago, and nobody has taken up what it was taken for. */
  | 'lease-over';

/** Names nobody: ids, types, names of fields. */
export interface Finding {
  readonly kind: FindingKind;
  /** The account or mailing. */
  readonly subject?: string;
  readonly sequence?: number;
  /** A sentence for people. */
  readonly says: string;
}

export interface Findings {
  add(findings: readonly Finding[]): void;
  /** The first of them. */
  kept(): readonly Finding[];
  /** All of them. */
  count(): number;
}

/** Remembers at most `most`, and counts the others. */
export function createFindings(most: number): Findings {
  const kept: Finding[] = [];
  let count = 0;
  return {
    add(findings) {
      count += findings.length;
      kept.push(...findings.slice(0, Math.max(0, most - kept.length)));
    },
    kept: () => kept,
    count: () => count,
  };
}
