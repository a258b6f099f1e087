import type { RateLimitDecision } from '../ports/limits.ts';
import { Refused } from '../refused.ts';

/**
 * Throws unless a rate limit allows the request.
 * @throws Refused (rate_limited)
 */
export function assertRateLimitAllows(allowance: RateLimitDecision): void {
  if (!allowance.allowed) throw new Refused({ kind: 'rate_limited', seconds: allowance.retryAfterSeconds });
}
