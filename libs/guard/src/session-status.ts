/** How the state of an account has changed since a token was issued. */
import type { AccessClaims } from '@latchkey/tokens';

/** Claims of the token that have changed since it was issued. */
export interface CurrentClaims {
  readonly verified?: boolean;
  readonly role?: string;
}

/** Decides whether a token that is otherwise valid was revoked. */
export interface RevocationCheck {
  /**
   * Returns 'revoked' if the token was revoked, otherwise the claims that have changed since it was issued.
   * @param token the token as it was sent
   * @throws RevocationsUnavailable if it is unknown at the moment whether the token was revoked
   */
  sessionStatus(
    claims: AccessClaims,
    token: string,
  ): Promise<CurrentClaims | 'revoked'> | CurrentClaims | 'revoked';
}

/** Thrown while it is unknown which tokens were revoked. */
export class RevocationsUnavailable extends Error {
  override readonly name = 'RevocationsUnavailable';
}
