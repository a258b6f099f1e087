/**
 * Projects the events of an account to its profile. Pure, so that every instance and every rebuild compute the same
 * profile.
 */
import { assertNever, type Envelope, type EventOf, type LatchkeyEvent } from '@latchkey/events';
import type { LivingProfile, Profile } from './profile.ts';

/**
 * Returns the profile after the account's next event. The caller must ensure that the first event is UserRegistered,
 * and that `event.sequence` is the next one after the profile's.
 */
export function applyProfileEvent(profile: Profile | undefined, event: LatchkeyEvent): Profile {
  if (event.type === 'UserRegistered') return registered(event);
  if (profile === undefined) throw new Error(`An account cannot begin with ${event.type}.`);
  if (profile.ended || isEnd(event)) return ended(event);
  return { ...profile, ...changes(event), ...advanced(event) };
}

/**
 * Returns the profile after an event of an unknown type, which a later release may have added. The event
 * changes only the sequence and the time of the profile.
 */
export function advancePastUnknownEvent(profile: Profile, envelope: Envelope): Profile {
  return profile.ended ? ended(envelope) : { ...profile, ...advanced(envelope) };
}

type End = EventOf<'RegistrationEnded'> | EventOf<'AccountErased'>;
type ChangingEvent = Exclude<LatchkeyEvent, EventOf<'UserRegistered'> | End>;

function isEnd(event: LatchkeyEvent): event is End {
  return event.type === 'RegistrationEnded' || event.type === 'AccountErased';
}

function changes(event: ChangingEvent): Partial<LivingProfile> {
  switch (event.type) {
    case 'AccountVerified':
      return { ...erasure(event.data.person), isVerified: true };
    case 'PasswordChanged':
      return { ...erasure(event.data.person), passwordChangedAt: instantOf(event) };
    case 'EmailChanged':
    case 'EmailChangeReverted': {
      const { person } = event.data;
      return person === null ? erased : { email: person.email };
    }
    case 'ProfileChanged':
      return changedProfile(event);
    case 'RoleChanged':
      return { ...erasure(event.data.person), role: event.data.role };
    case 'VerificationRequested':
    case 'PasswordResetRequested':
    case 'OwnerAlerted':
    case 'EmailChangeRequested':
      return erasure(event.data.person);
    // The `person` of these events contains only the reason that an admin gave. If the admin gave none, it is
    // null, which does not mean that the account was erased.
    case 'AccountDisabled':
    case 'AccountErasureRequested':
      return { disabled: true };
    case 'AccountErasureCanceled':
      return { disabled: event.data.disabled };
    case 'AccountEnabled':
      return { disabled: false };
    case 'SessionsRevoked':
      return { revokedAt: event.sequence };
    case 'PasswordRehashed':
    case 'EmailChangeCanceled':
    case 'EmailChangeSettled':
    case 'MailRequested':
    case 'MailBounced':
    case 'MailMarkedAsSpam':
      return {};
    default:
      return assertNever(event);
  }
}

function registered(event: EventOf<'UserRegistered'>): LivingProfile {
  return {
    ended: false,
    id: event.subject,
    email: event.data.person?.email ?? null,
    username: event.data.person?.username ?? null,
    firstName: event.data.person?.firstName ?? null,
    lastName: event.data.person?.lastName ?? null,
    role: event.data.role,
    locale: event.data.locale,
    isVerified: false,
    disabled: false,
    createdAt: instantOf(event),
    passwordChangedAt: null,
    revokedAt: 0,
    ...advanced(event),
  };
}

function ended({ subject, sequence }: Envelope): Profile {
  return { ended: true, id: subject, sequence };
}

function changedProfile({ data: { person, locale } }: EventOf<'ProfileChanged'>): Partial<LivingProfile> {
  return {
    ...(person === null ? erased : given(person)),
    ...(locale === undefined ? {} : { locale }),
  };
}

type Names = { [Name in 'username' | 'firstName' | 'lastName']?: string | undefined };

function given({ username, firstName, lastName }: Names): Partial<LivingProfile> {
  return {
    ...(username === undefined ? {} : { username }),
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
  };
}

const erased = { email: null, username: null, firstName: null, lastName: null } as const;

/**
 * Returns null for every personal field if the event's `person` is null; otherwise no fields. An erasure sets
 * `person` to null in all events of an account, so one such event is enough to know that the account was
 * erased.
 */
function erasure(person: object | null): Partial<LivingProfile> {
  return person === null ? erased : {};
}

function advanced(envelope: Envelope) {
  return { sequence: envelope.sequence, updatedAt: instantOf(envelope) };
}

/** Returns the time of an event in a fixed format, so that sorting the strings sorts the times. */
function instantOf({ time }: Envelope): string {
  return new Date(time).toISOString();
}
