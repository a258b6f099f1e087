/** The claims of access tokens other than those that identify the caller. */

import type { TokenProfile } from '../ports/tokens.ts';

/** The fields of a profile that can be used as claims. */
export const profileFields = [
  'email',
  'username',
  'firstName',
  'lastName',
  'locale',
] as const satisfies readonly (keyof TokenProfile)[];

/** The claims that every access token has, and those that RFC 7519 and RFC 9068 define. */
export const reservedClaims: readonly string[] = [
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

/** Fields of the profile, by the claim that contains them. */
export type ExtraClaims = Readonly<Record<string, keyof TokenProfile>>;

/** Returns the extra claims of a profile. Omits the claims of fields that are not set. */
export function extraClaimsOf(claims: ExtraClaims, profile: TokenProfile): Readonly<Record<string, string>> {
  const filled = Object.entries(claims).flatMap(([claim, field]) => {
    const value = profile[field];
    return value === undefined ? [] : [[claim, value] as const];
  });
  return Object.fromEntries(filled);
}
