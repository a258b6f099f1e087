/** Interfaces for checking what has changed in an account since a token was issued. */
import type { AccessClaims } from '@latchkey/tokens';

/** The claims of a token that differ from the account's current state. Each claim has its current value. */
export interface CurrentClaims {
  readonly verified?: boolean;
  readonly role?: string;
}

/** Decides whether a token that is otherwise valid was revoked. */
export interface RevocationCheck {
  /**
   * Returns 'revoked' if the token was revoked, otherwise the claims that have changed since the token was
   * issued.
   * @param token the token as the client sent it
   * @throws RevocationsUnavailable if it cannot be determined at the moment whether the token was revoked
   */
  sessionStatus(
    claims: AccessClaims,
    token: string,
  ): Promise<CurrentClaims | 'revoked'> | CurrentClaims | 'revoked';
}

/** Thrown while it cannot be determined which tokens were revoked. */
export class RevocationsUnavailable extends Error {
  override readonly name = 'RevocationsUnavailable';
}
