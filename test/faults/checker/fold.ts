/** Computes the profile of an account from its events, according to docs/events.md. */
import type { JournalEvent } from './journal.ts';
import type { Person, StoredProfile } from './stored.ts';

export interface Profile {
  readonly ended: boolean;
  readonly id: string;
  readonly sequence: number;
  readonly email: string | null;
  readonly username: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly role: string | null;
  readonly locale: string | null;
  readonly isVerified: boolean;
  readonly disabled: boolean;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly passwordChangedAt: string | null;
  /** The sequence of the account's last SessionsRevoked event. */
  readonly revokedAt: number;
}

/** The profile of an account without events. */
export const EMPTY_PROFILE: Profile = {
  id: '',
  ended: false,
  sequence: 0,
  email: null,
  username: null,
  firstName: null,
  lastName: null,
  role: null,
  locale: null,
  isVerified: false,
  disabled: false,
  createdAt: null,
  updatedAt: null,
  passwordChangedAt: null,
  revokedAt: 0,
};

/** Maps each type of event that changes the profile to a function that returns the changed fields. */
const changes: Readonly<Record<string, (event: JournalEvent) => Partial<Profile>>> = {
  UserRegistered: ({ data, time }) => ({
    ...pick(data, 'role', 'locale'),
    ...pick(data.person ?? {}, 'email', 'username', 'firstName', 'lastName'),
    createdAt: instant(time),
  }),
  VerificationRequested: ({ data }) => erasedFields(data.person),
  AccountVerified: ({ data }) => ({ ...erasedFields(data.person), isVerified: true }),
  RegistrationEnded: () => ({ ended: true }),
  AccountErased: () => ({ ended: true }),
  PasswordResetRequested: ({ data }) => erasedFields(data.person),
  PasswordChanged: ({ data, time }) => ({
    ...erasedFields(data.person),
    passwordChangedAt: instant(time),
  }),
  EmailChangeRequested: ({ data }) => erasedFields(data.person),
  EmailChanged: ({ data }) => ({ ...erasedFields(data.person), ...pick(data.person ?? {}, 'email') }),
  EmailChangeReverted: ({ data }) => ({ ...erasedFields(data.person), ...pick(data.person ?? {}, 'email') }),
  ProfileChanged: ({ data }) => ({
    ...erasedFields(data.person),
    ...pick(data.person ?? {}, 'username', 'firstName', 'lastName'),
    ...pick(data, 'locale'),
  }),
  RoleChanged: ({ data }) => ({ ...erasedFields(data.person), ...pick(data, 'role') }),
  AccountDisabled: () => ({ disabled: true }),
  AccountErasureRequested: () => ({ disabled: true }),
  AccountErasureCanceled: ({ data }) => ({ disabled: data.disabled ?? false }),
  AccountEnabled: () => ({ disabled: false }),
  OwnerAlerted: ({ data }) => erasedFields(data.person),
  SessionsRevoked: ({ sequence }) => ({ revokedAt: sequence }),
};

/** Returns the profile of an account after the given events. */
export function computeProfile(id: string, events: readonly JournalEvent[]): Profile {
  return events.reduce(applyEventToProfile, { ...EMPTY_PROFILE, id });
}

/** Returns the profile after one more event. */
export function applyEventToProfile(profile: Profile, event: JournalEvent): Profile {
  const { type, sequence, time } = event;
  return { ...profile, ...changes[type]?.(event), sequence, updatedAt: instant(time) };
}

/** Returns the document that the read model must have for an account at the end. */
export function toProfileDocument(id: string, events: readonly JournalEvent[]): StoredProfile {
  const profile = computeProfile(id, events);
  const { sequence, email, username } = profile;
  if (profile.ended) return { _id: id, sequence, profile: { ended: true, id, sequence } };
  return {
    _id: id,
    sequence,
    profile: { ...profile },
    search: {
      ...(email !== null && { email: email.toLowerCase() }),
      ...(username !== null && { username: username.toLowerCase() }),
    },
  };
}

function instant(time: string): string {
  return new Date(time).toISOString();
}

function pick<From extends object, Name extends keyof From & keyof Profile>(
  from: From,
  ...names: readonly Name[]
): Partial<Profile> {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  );
}

/**
 * Returns the changes that an event with `person: null` makes to a profile: all personal fields become null.
 * Returns no changes for any other event. If one event of an account was erased, all of its events were.
 */
function erasedFields(person: Person | null | undefined): Partial<Profile> {
  return person === null ? { email: null, username: null, firstName: null, lastName: null } : {};
}
