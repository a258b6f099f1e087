/** An account of the read model against the events that it is made of. */
import type { JournaledStream } from '@latchkey/auth/verifying';
import { type Account, differingFields, fold, sequenceOf } from '@latchkey/user/verifying';
import type { Finding, FindingKind } from './findings.ts';

/** @param reach how many of its events are on the topic in their order */
export function compareProfile(
  { id, events }: JournaledStream,
  reach: number,
  stored: Account | undefined,
): readonly Finding[] {
  function found(kind: FindingKind, says: string): readonly Finding[] {
    return [{ kind, subject: id, says }];
  }
  const at = stored === undefined ? 0 : sequenceOf(stored);
  const applied = events.slice(0, at).map(({ event }) => event);

  if (stored?.parked !== undefined) {
    const { partition, offset, cause } = stored.parked;
    return found('account-parked', `parked at partition ${partition}, offset ${offset}: ${cause}`);
  }
  if (stored?.profile === undefined)
    return reach === 0
      ? []
      : found('profile-missing', `the read model lacks it; ${reach} of its events are on the topic`);
  if (events.length === 0) return found('profile-unknown', 'in the read model, and not in the journal');
  if (at > events.length)
    return found('profile-ahead', `the read model is at ${at}, the journal at ${events.length}`);

  // Said of the journal; there is nothing to compare with.
  if (events[0]?.event.type !== 'UserRegistered') return [];
  const folded = fold(applied);
  const fields = folded === undefined ? ['sequence'] : differingFields(stored.profile, folded);
  return [
    ...(fields.length === 0
      ? []
      : found('profile-differs', `not what its first ${at} events say in ${fields.join(', ')}`)),
    ...(at < reach ? found('profile-behind', `the read model is at ${at}, the topic at ${reach}`) : []),
  ];
}
