/** Applies an event to an account of the read model. Pure. */
import {
  computePositionAfterEvent,
  type EventRecord,
  type EventRefusal,
  envelopeOf,
} from '@latchkey/consumer';
import type { Profile } from './profile.ts';
import { advancePastUnknownEvent, applyProfileEvent } from './project.ts';
import type { StoredAccount } from './stored-account.ts';

/**
 * Returns the stored account after one more event. Refuses the event if it is the first event of the account
 * and not UserRegistered, or if it is a UserRegistered that is not the first event.
 */
export function applyEventToStoredAccount(
  stored: StoredAccount,
  record: EventRecord,
): StoredAccount | EventRefusal {
  const profile = profileAfter(stored.profile, record);
  return profile === undefined
    ? { refused: misplaced(record) }
    : { ...computePositionAfterEvent(stored, record), profile };
}

function profileAfter(profile: Profile | undefined, { decoded }: EventRecord): Profile | undefined {
  const registers = decoded.kind === 'event' && decoded.event.type === 'UserRegistered';
  if (registers !== (profile === undefined)) return undefined;
  if (decoded.kind === 'event') return applyProfileEvent(profile, decoded.event);
  return profile && advancePastUnknownEvent(profile, decoded.envelope);
}

function misplaced(record: EventRecord): string {
  const { decoded } = record;
  const type = decoded.kind === 'event' ? decoded.event.type : 'an unknown type';
  return `event ${envelopeOf(record).sequence} is ${type}, which cannot occur at this point`;
}
