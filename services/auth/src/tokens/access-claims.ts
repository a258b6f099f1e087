/**
 * The profile fields that access tokens can contain as additional claims, and the claim names that are not
 * allowed for them.
 */

import type { TokenProfile } from '../ports/tokens.ts';

/** The profile fields that access tokens can contain as claims. */
export const profileFieldsAllowedAsClaims = [
  'email',
  'username',
  'firstName',
  'lastName',
  'locale',
] as const satisfies readonly (keyof TokenProfile)[];

/**
 * The names of claims that profile fields cannot use: the claims that every access token has, and those that
 * RFC 7519 and RFC 9068 define.
 */
export const reservedClaimNames: readonly string[] = [
  'iss',
  'aud',
  'sub',
  'sid',
  'client_id',
  'iat',
  'nbf',
  'exp',
  'jti',
  'email_verified',
  'role',
  'seq',
  'scope',
];

/** Maps the name of each additional claim to the profile field that it contains. */
export type ProfileClaimMapping = Readonly<Record<string, keyof TokenProfile>>;

/** Returns the additional claims for a profile. Omits claims whose field is not set. */
export function createProfileClaims(
  claims: ProfileClaimMapping,
  profile: TokenProfile,
): Readonly<Record<string, string>> {
  const filled = Object.entries(claims).flatMap(([claim, field]) => {
    const value = profile[field];
    return value === undefined ? [] : [[claim, value] as const];
  });
  return Object.fromEntries(filled);
}
