/** The profile of an account, derived from its events. */
import type { Role } from '@latchkey/events';

/**
 * The profile of an account that has not ended. Times are RFC 3339 in UTC, with milliseconds. Personal fields are
 * null if they were never set or have been erased.
 */
export interface LivingProfile {
  readonly ended: false;
  readonly id: string;
  /** The sequence of the last event that was applied to the profile. */
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
  /** The time of the last event that was applied to the profile. */
  readonly updatedAt: string;
  readonly passwordChangedAt: string | null;
  /**
   * The sequence of the last SessionsRevoked event; 0 if there was none. Tokens issued at a lower sequence are invalid.
   */
  readonly revokedAt: number;
}

/** What is kept of an account that has ended or was erased: just enough to recognise redelivered events. */
export interface EndedProfile {
  readonly ended: true;
  readonly id: string;
  readonly sequence: number;
}

export type Profile = LivingProfile | EndedProfile;

/**
 * Returns whether an access token is accepted for an account with this profile.
 * @param seq the account's sequence when the token was issued
 */
export function isTokenAccepted(profile: Profile, seq: number): profile is LivingProfile {
  return !profile.ended && !profile.disabled && seq >= profile.revokedAt;
}
