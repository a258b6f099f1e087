/** What the events of an account add up to. */
import type { Role } from '@latchkey/events';

/** Instants are RFC 3339, UTC, in milliseconds. Personal fields are null where never given or erased. */
export interface LivingProfile {
  readonly ended: false;
  readonly id: string;
  /** Of the last event applied. */
  readonly sequence: number;
  readonly email: string | null;
  readonly username: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly role: Role;
  readonly locale: string;
  readonly isVerified: boolean;
  readonly disabled: boolean;
  readonly createdAt: string;
  /** The time of the last event applied. */
  readonly updatedAt: string;
  readonly passwordChangedAt: string | null;
  /** The sequence of the last SessionsRevoked, 0 before the first: tokens decided on less are dead. */
  readonly revokedAt: number;
}

/** What is kept of a registration that ended: enough to know a late duplicate. */
export interface EndedProfile {
  readonly ended: true;
  readonly id: string;
  readonly sequence: number;
}

export type Profile = LivingProfile | EndedProfile;

/** Whether a token decided on the account's sequence `seq` may still be honoured. */
export function honours(profile: Profile, seq: number): profile is LivingProfile {
  return !profile.ended && !profile.disabled && seq >= profile.revokedAt;
}
