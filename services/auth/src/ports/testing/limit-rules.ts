import type { RateLimitRule, RateLimitRules } from '../limits.ts';

/** Returns limit rules in which every limit has the same rule, except the limits given in `others`. */
export function createUniformLimitRules(
  rule: RateLimitRule,
  others: Partial<RateLimitRules> = {},
): RateLimitRules {
  return {
    'login-address': rule,
    'login-ip': rule,
    'lockout-notice': rule,
    'mail-ip': rule,
    'mail-network-hour': rule,
    'mail-network-day': rule,
    'mail-address-day': rule,
    'signup-ip': rule,
    'login-account': rule,
    'notice-account': rule,
    'password-change-account': rule,
    'logout-all-account': rule,
    'erasure-account': rule,
    'profile-account': rule,
    'email-change-account': rule,
    'export-account': rule,
    'mailing-admin': rule,
    ...others,
  };
}
