/**
 * Expected failures of use cases, identified by codes. `http/problems.ts` maps them to status codes and
 * texts.
 */
import type { RefusalKind } from './account/index.ts';
import type { PasswordFault } from './passwords/rules.ts';

/** The kinds of refusals that have no further fields. */
type PlainKind =
  | RefusalKind
  | 'account_disabled'
  | 'email_already_registered'
  | 'idempotency_key_reused'
  | 'invalid_credentials'
  | 'passwords_do_not_match'
  | 'refresh_token_invalid'
  | 'session_not_found'
  | 'unauthenticated';

/** Why a use case refused a request, with the data that the response needs. */
export type Refusal =
  | { readonly kind: PlainKind }
  /**
   * `overloaded`: too many passwords are being hashed. `seconds`: how long the client should wait before it
   * retries.
   */
  | { readonly kind: 'rate_limited' | 'overloaded'; readonly seconds: number }
  /** `field`: the field of the request that contains the weak password. */
  | {
      readonly kind: 'password_too_weak';
      readonly fault: PasswordFault;
      readonly field: 'password' | 'newPassword';
      readonly minLength: number;
    };

/** The error with which use cases refuse a request. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: PlainKind | Refusal) {
    const whole = typeof refusal === 'string' ? { kind: refusal } : refusal;
    super(whole.kind);
    this.name = 'Refused';
    this.refusal = whole;
  }
}
