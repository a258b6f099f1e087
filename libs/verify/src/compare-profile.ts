/** Compares an account in the read model with its events. */
import type { Finding, FindingKind } from './findings.ts';
import type { JournaledStream, StoredAccount } from './views.ts';

/**
 * Compares one account in the read model with the journal.
 * @param onTopic how many of the account's events, counted from the first one, are on the topic in order
 */
export function compareProfileWithJournal(
  { id, events }: JournaledStream,
  onTopic: number,
  stored: StoredAccount | undefined,
): readonly Finding[] {
  function finding(kind: FindingKind, message: string): readonly Finding[] {
    return [{ kind, subject: id, message }];
  }

  if (stored !== undefined && isForked(events, stored))
    return finding(
      'history-forked',
      `the read model has applied an event ${stored.sequence} that differs from the journal`,
    );
  if (stored?.parked !== undefined) {
    const { partition, offset, cause } = stored.parked;
    return finding('account-parked', `parked at partition ${partition}, offset ${offset}: ${cause}`);
  }
  if (stored === undefined || stored.sequence === 0)
    return onTopic === 0
      ? []
      : finding('profile-missing', `the read model lacks it; ${onTopic} of its events are on the topic`);
  const { sequence } = stored;
  if (events.length === 0) return finding('profile-unknown', 'in the read model, but not in the journal');
  if (sequence > events.length)
    return finding('profile-ahead', `the read model is at ${sequence}, the journal at ${events.length}`);

  // Without its first event, the account's profile cannot be computed. compare-streams.ts reports the damage
  // of the journal itself.
  if (events[0]?.event.type !== 'UserRegistered') return [];
  const fields = stored.differingFields(events.slice(0, sequence).map(({ event }) => event));
  return [
    ...(fields.length === 0
      ? []
      : finding(
          'profile-differs',
          `differs from what its first ${sequence} events produce, in ${fields.join(', ')}`,
        )),
    ...(sequence < onTopic
      ? finding('profile-behind', `the read model is at ${sequence}, the topic at ${onTopic}`)
      : []),
  ];
}

/**
 * Returns whether the read model's last applied event differs from the journal's event with the same
 * sequence.
 */
function isForked(events: JournaledStream['events'], { sequence, hash }: StoredAccount): boolean {
  const journaled = events[sequence - 1]?.chain?.hash;
  return hash !== undefined && journaled !== undefined && hash !== journaled;
}
