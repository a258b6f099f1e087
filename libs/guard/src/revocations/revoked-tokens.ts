/** Determines from the events of accounts which tokens are revoked. Pure, except for its clock. */
import type { Handlers } from '@latchkey/events/subscribe';
import type { AccessClaims } from '@latchkey/tokens';
import type { CurrentClaims } from '../session-status.ts';

/**
 * How long an event is remembered, in ms. An access token is valid for at most an hour
 * (ACCESS_TOKEN_MINUTES), plus the clock skew that a guard accepts. After that time, all tokens that the
 * event has revoked have expired.
 */
const REMEMBERED_MS = 90 * 60_000;
const FORGET_EVERY_MS = 60_000;

interface Change {
  /**
   * The sequence of the account's last event that revoked tokens. Tokens that were issued at a lower sequence
   * are revoked.
   */
  readonly notBefore: number;
  /** The sequence of the event that verified the email address; 0 if no such event is remembered. */
  readonly verifiedAt: number;
  /** The time of the latest of the account's events, in ms since 1970. */
  readonly time: number;
}

export interface RevokedTokens {
  readonly handlers: Handlers;
  sessionStatus(claims: AccessClaims): CurrentClaims | 'revoked';
  /** Returns the number of accounts that are remembered. */
  size(): number;
}

/**
 * Creates an empty set of revoked tokens. Events may be passed to it in any order, and more than once,
 * because it keeps only the highest sequence of each account.
 */
export function createRevokedTokens(now: () => Date): RevokedTokens {
  const changes = new Map<string, Change>();
  let forgotAt = now().getTime();

  function remember(
    { account, time: instant }: { readonly account: string; readonly time: string },
    change: { readonly notBefore?: number; readonly verifiedAt?: number },
  ): void {
    const [time, present] = [Date.parse(instant), now().getTime()];
    if (present - time > REMEMBERED_MS) return;
    const known = changes.get(account);
    changes.set(account, {
      notBefore: Math.max(known?.notBefore ?? 0, change.notBefore ?? 0),
      verifiedAt: Math.max(known?.verifiedAt ?? 0, change.verifiedAt ?? 0),
      time: Math.max(known?.time ?? 0, time),
    });
    if (present - forgotAt < FORGET_EVERY_MS) return;
    forgotAt = present;
    for (const [id, { time: last }] of changes) if (present - last > REMEMBERED_MS) changes.delete(id);
  }

  function revoke(_event: object, context: { account: string; sequence: number; time: string }): void {
    remember(context, { notBefore: context.sequence });
  }

  return {
    handlers: {
      SessionsRevoked: revoke,
      RoleChanged: revoke,
      AccountDisabled: revoke,
      RegistrationEnded: revoke,
      AccountErasureRequested: revoke,
      AccountErased: revoke,
      AccountVerified: (_event, context) => remember(context, { verifiedAt: context.sequence }),
    },
    sessionStatus({ sub, seq }) {
      const change = changes.get(sub);
      if (change === undefined) return {};
      if (seq < change.notBefore) return 'revoked';
      return change.verifiedAt > seq ? { verified: true } : {};
    },
    size: () => changes.size,
  };
}
