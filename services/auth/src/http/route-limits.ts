/** Describes the rate limits of each route for the OpenAPI document. */
import type { Route } from '@latchkey/http';
import type { RateLimitName, RateLimitRule, RateLimitRules } from '../ports/limits.ts';

/** For each rate limit, a description of what the limit counts. */
const COUNTED: Readonly<Record<RateLimitName, string>> = {
  'login-address': 'incorrect passwords for an email address',
  'login-ip': 'incorrect passwords from an IP address',
  'login-account': 'logins of an account',
  'lockout-notice': 'mails about a lockout to an address',
  'mail-ip': 'requests for mails from an IP address',
  'mail-network-hour': 'mails to an address that one network requests',
  'mail-network-day': 'mails to an address that one network requests',
  'mail-address-day': 'mails to an address',
  'signup-ip': 'sign-ups from an IP address',
  'notice-account': 'mails of one kind to an account',
  'password-change-account': 'password changes of an account',
  'logout-all-account': 'requests of an account',
  'erasure-account': 'requests of an account',
  'profile-account': 'changes of an account',
  'email-change-account': 'requests of an account',
  'export-account': 'exports of an account',
  'mailing-admin': 'recipients of mails by an admin',
};

const PASSWORD: readonly RateLimitName[] = ['login-address', 'login-ip'];
const MAIL: readonly RateLimitName[] = ['mail-network-hour', 'mail-network-day', 'mail-address-day'];

/** The rate limits that may refuse a request with 429, by the operation id of the route. */
export const rateLimitsByOperationId: Readonly<Record<string, readonly RateLimitName[]>> = {
  signUp: ['signup-ip', ...MAIL],
  verify: PASSWORD,
  requestVerification: ['mail-ip'],
  login: [...PASSWORD, 'login-account'],
  logoutAll: ['logout-all-account'],
  requestPasswordReset: ['mail-ip'],
  changePassword: [...PASSWORD, 'password-change-account'],
  changeProfile: ['profile-account'],
  requestEmailChange: [...PASSWORD, 'email-change-account', 'mail-ip', ...MAIL],
  confirmEmailChange: PASSWORD,
  sendPasswordReset: ['mailing-admin'],
  eraseOwnAccount: [...PASSWORD, 'erasure-account'],
  exportOwnAccount: [...PASSWORD, 'export-account'],
  sendMail: ['mailing-admin'],
};

/**
 * Returns the route with descriptions of its rate limits.
 * @param rules undefined if no limit is enforced; the route is then returned unchanged
 */
export function withRateLimitDescriptions(route: Route, rules: RateLimitRules | undefined): Route {
  const names = rateLimitsByOperationId[route.operationId ?? ''];
  if (rules === undefined || names === undefined) return route;
  return { ...route, limits: names.map((name) => inWords(rules[name], COUNTED[name])) };
}

function inWords({ points, seconds }: RateLimitRule, counted: string): string {
  return `${points} ${counted} in ${durationOf(seconds)}`;
}

function durationOf(seconds: number): string {
  if (seconds === 24 * 60 * 60) return 'a day';
  return seconds === 60 * 60 ? 'an hour' : `${seconds / 60} minutes`;
}
