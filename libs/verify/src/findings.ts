/** The kinds of disagreement between the journal, the topics, the read model and the deliveries. */
export const FINDING_KINDS = {
  'journal-broken': 'a commit of the journal is missing or unreadable',
  'commit-unpublished': 'a commit has been in the outbox for longer than the relay needs',
  'history-changed': 'an event of the anchor was changed or removed',
  'anchor-unusable': 'an anchor on the topic is incomplete or not genuine, so nothing was compared with it',
  'event-unpublishable': 'an event violates its contract and cannot be published',
  'event-missing': 'an event is marked as published but is not on its topic',
  'event-differs': 'the topic has a different event with the same sequence',
  'event-unsigned': 'an event is on its topic without a valid signature: consumers set it aside',
  'event-unknown': 'the topic has an event that the journal does not have',
  'key-scattered': 'the records of an account or mailing are in more than one partition',
  'topic-compacted':
    'the topic of accounts is compacted although events share their keys: the broker removes events',
  'account-parked': 'the read model has stopped at an event that it cannot apply',
  'history-forked': 'the read model has applied an event that differs from the journal',
  'profile-missing': 'the read model lacks an account that is on the topic',
  'profile-behind': 'the read model has not applied every event on the topic',
  'profile-ahead': 'the read model has applied more events than the journal has',
  'profile-differs': 'a stored profile is not what its events produce',
  'profile-unknown': 'the read model has an account that the journal does not have',
  'generation-leftover': 'a generation of the read model was dropped, but is still stored',
  'delivery-missing': 'an event calls for a mail that is not recorded',
  'position-out-of-range': 'a consumer group was at a record that its topic no longer has',
  'lease-over': 'a lease expired and its work was not taken over',
} as const;

export type FindingKind = keyof typeof FINDING_KINDS;

/** A disagreement between stores. Contains no personal data, only ids, event types and field names. */
export interface Finding {
  readonly kind: FindingKind;
  /** Id of the account or mailing. */
  readonly subject?: string;
  readonly sequence?: number;
  /** A sentence that describes the finding for operators. */
  readonly message: string;
}

export interface FindingsCollector {
  add(findings: readonly Finding[]): void;
  /** Returns the kept findings, in the order in which they were added. */
  kept(): readonly Finding[];
  /** Returns how many findings were added, whether or not they were kept. */
  count(): number;
}

/** Creates a list that keeps the first `maxListed` findings, and counts all findings. */
export function createFindingsCollector(maxListed: number): FindingsCollector {
  const kept: Finding[] = [];
  let count = 0;
  return {
    add(findings) {
      count += findings.length;
      kept.push(...findings.slice(0, Math.max(0, maxListed - kept.length)));
    },
    kept: () => kept,
    count: () => count,
  };
}
