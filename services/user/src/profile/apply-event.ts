/** Applies the next event of an account to its profile. Pure. */
import { type EventRecord, envelopeOf, type RefusedEvent } from '@latchkey/consumer';
import type { Profile } from './profile.ts';
import { applyProfileEvent, skipUnknownEvent } from './project.ts';
import { accountOfProfile, type StoredAccount } from './stored-account.ts';

/** Applies an event. Refuses an account that does not begin with UserRegistered, and a second UserRegistered. */
export function applyEvent({ profile }: StoredAccount, record: EventRecord): StoredAccount | RefusedEvent {
  const next = profileAfter(profile, record);
  return next === undefined ? { refused: misplaced(record) } : accountOfProfile(next);
}

function profileAfter(profile: Profile | undefined, { decoded }: EventRecord): Profile | undefined {
  const registers = decoded.kind === 'event' && decoded.event.type === 'UserRegistered';
  if (registers !== (profile === undefined)) return undefined;
  if (decoded.kind === 'event') return applyProfileEvent(profile, decoded.event);
  return profile && skipUnknownEvent(profile, decoded.envelope);
}

function misplaced(record: EventRecord): string {
  const { decoded } = record;
  const type = decoded.kind === 'event' ? decoded.event.type : 'an unknown type';
  return `event ${envelopeOf(record).sequence} is ${type}, which cannot stand there`;
}
