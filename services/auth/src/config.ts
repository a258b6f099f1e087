/** The settings of auth. */
import { brandSettings, findFaultsInBrandSettings } from '@latchkey/brand';
import { role } from '@latchkey/events';
import { originSettings } from '@latchkey/http';
import {
  commonSettingSchemas,
  createParsedSetting,
  createSecretKeySetting,
  parseSecretKeys,
  withCrossFieldChecks,
} from '@latchkey/process';
import { z } from 'zod';
import { auditSettingsSchema, findAuditSettingFaults } from './audit/settings.ts';
import { erasureSettingsSchema } from './erasure/settings.ts';
import { parseEventKeys, parseSealingKey, parseSigningKeys } from './keys/keys.ts';
import { BreachedPasswordsFileError, openBreachedPasswordsFile } from './passwords/breached.ts';
import { HashCostsError, parseHashCosts } from './passwords/hashing/costs.ts';
import type { RateLimitRules } from './ports/limits.ts';
import { profileFieldsAllowedAsClaims, reservedClaimNames } from './tokens/access-claims.ts';

const MOST = 1_000_000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * The daily limit of mails to an address, divided by the limit for requests from one network: each network
 * may use a third of the mails.
 */
const NETWORKS_PER_DAY = 3;

/** The maximum number of notification mails of one kind to an account per day. */
const NOTICES_PER_DAY = 10;

function limit(fallback: number) {
  return commonSettingSchemas.whole({ min: 1, max: MOST, fallback });
}

/**
 * Declares a setting for a limit per account.
 * @param what what the limit counts
 * @param note a sentence to add to the description of the setting
 */
function accountLimit(fallback: number, what: string, window: 'hour' | 'day', note?: string) {
  const description = `The maximum number of ${what}, per account and ${window}.`;
  return limit(fallback).describe([description, note].filter(Boolean).join(' '));
}

/**
 * The cost of hashing a password with Argon2id that OWASP's Password Storage Cheat Sheet recommends: the
 * memory in KiB, and the number of iterations.
 */
export const DEFAULT_HASH_COST = '19456:2';

const SCOPES_FAULT = `must be a list of role=scopes, each role once, with scopes joined by + and the roles ${role.options.join(', ')}`;

/**
 * The schema of the setting that determines the scopes of access tokens by role. Scopes may contain only the
 * characters that RFC 6749, section 3.3 allows.
 */
const scopesOfRoles = z.partialRecord(
  role,
  z
    .string()
    .transform((scopes) => scopes.split('+'))
    .refine((scopes) => scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    .transform((scopes) => scopes.join(' ')),
);

const CLAIMS_FAULT = `must be a list of claim=field, with a claim that access tokens do not have yet and one of the fields ${profileFieldsAllowedAsClaims.join(', ')}`;

const extraClaims = z.record(
  z.string().refine((claim) => !reservedClaimNames.includes(claim)),
  z.enum(profileFieldsAllowedAsClaims),
);

const fields = z.object({
  ...originSettings.shape,
  PUBLIC_URL: commonSettingSchemas.url().describe('The public URL of the API; the issuer of access tokens.'),
  ...brandSettings,
  SECURITY_CONTACT: commonSettingSchemas
    .list()
    .refine(
      (contacts) => contacts.every((contact) => /^(?:mailto:|https:|tel:)[\x21-\x7e]+$/.test(contact)),
      'must be a list of URIs: https://example.com/report, or mailto: and an address',
    )
    .describe(
      'The contacts for reports of vulnerabilities, comma-separated, the preferred contact first, for example `mailto:security@example.com`. auth serves them as `/.well-known/security.txt` (RFC 9116). Default: the file is not served.',
    ),
  SECURITY_POLICY: commonSettingSchemas
    .url()
    .optional()
    .describe('The URL of your vulnerability disclosure policy, for `security.txt`.'),
  AUDIENCE: z.string().min(1).max(200).default('latchkey').describe('The audience of access tokens (`aud`).'),
  NOTIFIER_URL: commonSettingSchemas
    .url()
    .optional()
    .describe(
      'The URL at which auth reads the mails of an account from the notifier, for exports. Without this setting, exports over HTTP get a 503. A standalone does not need this setting.',
    ),

  VERIFICATION_TOKEN_EXPIRATION_MINUTES: commonSettingSchemas
    .whole({ min: 10, max: 7 * 24 * 60, fallback: 1440 })
    .describe('How long a verification link is valid. Unverified sign-ups end after 7 days.'),
  RESET_TOKEN_EXPIRATION_MINUTES: commonSettingSchemas
    .whole({ min: 10, max: 24 * 60, fallback: 60 })
    .describe('How long a password link is valid.'),
  ...erasureSettingsSchema.shape,
  ACCESS_TOKEN_MINUTES: commonSettingSchemas
    .whole({ min: 1, max: 60, fallback: 15 })
    .describe('How long an access token is valid.'),
  ACCESS_TOKEN_TYPE: z
    .enum(['at+jwt', 'JWT'])
    .default('at+jwt')
    .describe(
      'The type in the header of access tokens (`typ`). `at+jwt`: as RFC 9068 requires. `JWT`: for programs that refuse the type `at+jwt`, such as the default decoder of Spring Security. Latchkey accepts both types, so a change of this setting ends no session and no token.',
    ),
  ROLE_SCOPES: commonSettingSchemas
    .pairs(SCOPES_FAULT)
    .transform((pairs, context) => {
      const scopes = scopesOfRoles.safeParse(pairs);
      if (scopes.success) return scopes.data;
      context.addIssue({ code: 'custom', message: SCOPES_FAULT });
      return z.NEVER;
    })
    .describe(
      'The scopes (claim `scope`) that access tokens of verified accounts get for each role, as comma-separated `role=scopes` pairs with scopes joined by +: `user=books:read,admin=books:read+books:write`. Tokens of unverified accounts have no scopes, because anybody can sign up with an address of somebody else. Default: no scopes.',
    ),
  ACCESS_TOKEN_CLAIMS: commonSettingSchemas
    .pairs()
    .transform((pairs, context) => {
      const claims = extraClaims.safeParse(pairs);
      if (claims.success) return claims.data;
      context.addIssue({ code: 'custom', message: CLAIMS_FAULT });
      return z.NEVER;
    })
    .describe(
      `Additional claims in access tokens, as comma-separated \`claim=field\` pairs. Fields: ${profileFieldsAllowedAsClaims.join(', ')}. Example: \`preferred_username=username,locale=locale\`. Anybody who sees a token can read its claims. A claim with the field \`email\` proves nothing unless \`email_verified\` is true.`,
    ),
  REFRESH_TOKEN_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 365, fallback: 30 })
    .describe('How long a session lasts after its login.'),
  REFRESH_REUSE_MINUTES: commonSettingSchemas
    .whole({ min: 1, max: 60, fallback: 10 })
    .describe(
      'How long after a refresh the previous refresh token may be sent again, because the response may have been lost. The previous token then returns the current one to the same client, unless the current one has been used.',
    ),
  SESSION_IDLE_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 365, fallback: 14 })
    .describe('A session whose refresh token is not used for this long ends.'),
  SESSIONS_PER_ACCOUNT: commonSettingSchemas
    .whole({ min: 1, max: 1000, fallback: 50 })
    .describe('The maximum number of sessions of an account; one more login ends the oldest session.'),
  REFRESH_COOKIE_SAMESITE: z
    .enum(['strict', 'lax', 'none'])
    .default('strict')
    .describe(
      'The sites whose apps may use the refresh cookie. `strict` and `lax`: apps on the same site as PUBLIC_URL. `none`: also apps on other sites in CORS_ORIGINS, in browsers that allow third-party cookies.',
    ),
  FORMER_REFRESH_COOKIE_UNTIL: z.iso
    .date('must be a date like 2027-01-31')
    .optional()
    .describe(
      'For upgrades from release 0.1: the day (UTC, for example `2027-01-31`) from which on auth no longer reads the refresh cookie of 0.1. Until then, browsers that are signed in with this cookie stay signed in; but another host of the domain can plant the cookie in the browser of a person who is signed out, and so sign this browser in to another account. Default: auth does not read the cookie, and these browsers sign in again.',
    ),
  SIGNUP_REVEALS_EXISTING: commonSettingSchemas
    .flag(false)
    .describe(
      'With true, the response to a sign-up with a verified address is 409; with false, the response is the same as for a new address.',
    ),

  LIMITS: commonSettingSchemas
    .flag(true)
    .describe('`off` disables all rate limits; allowed only in development, for load tests.'),
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: limit(10).describe(
    'The maximum number of failed logins per email address in 15 minutes.',
  ),
  LIMIT_LOGIN_FAILURES_PER_IP: limit(100).describe(
    'The maximum number of failed logins per IP (IPv6: per /64) in 15 minutes.',
  ),
  LIMIT_MAIL_REQUESTS_PER_IP: limit(30).describe(
    'The maximum number of requests that send mail, per IP and hour.',
  ),
  LIMIT_MAILS_PER_ADDRESS: limit(3).describe(
    'The maximum number of mails per email address, purpose (sign-up, new verification link, reset, change of address), network (IPv4: /24, IPv6: /56) and hour.',
  ),
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: limit(30).describe(
    'The maximum number of mails per email address, purpose and day, for all networks together. One network can cause at most a third of these mails.',
  ),
  LIMIT_SIGNUPS_PER_IP: commonSettingSchemas
    .whole({ min: 1, max: MOST })
    .describe(
      'The maximum number of sign-ups per IP and hour, including sign-ups that are refused because the password is easy to guess. Default: 20 in production, 1000 in development.',
    ),
  LIMIT_LOGINS: accountLimit(100, 'successful logins', 'hour', 'A new password resets the count to zero.'),
  LIMIT_LOGOUTS_EVERYWHERE: accountLimit(30, 'requests to end every session', 'hour'),
  LIMIT_PASSWORD_CHANGES: accountLimit(
    30,
    'changes of the password with the current password',
    'day',
    'Password resets with a mailed link do not count.',
  ),
  LIMIT_ERASURE_REQUESTS: accountLimit(10, "requests to erase one's own account", 'day'),
  LIMIT_PROFILE_CHANGES: accountLimit(30, 'profile changes', 'hour'),
  LIMIT_EMAIL_CHANGES: accountLimit(10, 'requests to change the email address', 'day'),
  LIMIT_EXPORTS: accountLimit(10, 'data exports', 'day'),
  LIMIT_MAILING_RECIPIENTS: limit(1000).describe(
    'The maximum number of recipients of mailings and of password resets sent by an admin, per admin and day.',
  ),

  PASSWORD_MIN_LENGTH: commonSettingSchemas
    .whole({ min: 8, max: 64, fallback: 10 })
    .describe(
      'The minimum number of characters of a new password. A new password must also be hard to guess, whatever its length.',
    ),
  BREACHED_PASSWORDS_FILE: createParsedSetting(BreachedPasswordsFileError, openBreachedPasswordsFile)
    .optional()
    .describe(
      'A file of passwords known from breaches, created by `ops passwords import`. auth refuses new passwords that are in this file.',
    ),
  ...auditSettingsSchema.shape,

  HASH_CONCURRENCY: commonSettingSchemas
    .whole({ min: 0, max: 128, fallback: 0 })
    .describe(
      'The number of passwords that are hashed concurrently; each hash takes a processor and 19 MiB. 0 means one per processor.',
    ),
  HASH_COSTS: createParsedSetting(HashCostsError, parseHashCosts)
    .default(parseHashCosts(DEFAULT_HASH_COST))
    .meta({ fallback: DEFAULT_HASH_COST, printable: true })
    .describe(
      'The cost of password hashes (argon2id) as KiB:passes, newest first: `65536:3,19456:2`. The first cost applies to new passwords; a sign-in replaces a stored hash that has another cost. Keep a cost in the list as long as stored hashes have this cost.',
    ),
  HASH_WAIT_SECONDS: commonSettingSchemas
    .whole({ min: 1, max: 60, fallback: 5 })
    .describe(
      'The maximum time that a request waits until its password can be hashed; a request that waits longer gets a 503.',
    ),
  REQUEST_LEASE_SECONDS: commonSettingSchemas
    .whole({ min: 5, max: 600, fallback: 30 })
    .describe(
      'How long a process reserves the requests that it carries out in the background. If the process dies, other processes carry out its requests after this time.',
    ),
  RELAY_LEASE_SECONDS: commonSettingSchemas
    .whole({ min: 2, max: 600, fallback: 10 })
    .describe(
      'How long one process holds the lease to publish commits that dead processes have left unpublished.',
    ),
  SIGNING_KEYS: createSecretKeySetting(parseSigningKeys)
    .describe(
      'A JWKS of private keys: EC P-256 keys, which sign with ES256, or RSA keys of at least 2048 bits, which sign with RS256. The first key signs access tokens; the public parts of all keys are published.',
    )
    .meta({ secret: true }),
  EVENT_SIGNING_KEYS: createSecretKeySetting(parseEventKeys)
    .describe(
      'A JWKS of private Ed25519 keys: the first key signs events; the public parts of all keys are published. Consumers need each key as long as events that it signed are kept, so a replaced key must stay in the list, without `d`.',
    )
    .meta({ secret: true }),
  SEALING_PUBLIC_KEY: createSecretKeySetting(parseSealingKey).describe(
    'The public X25519 key (JWK) with which links are encrypted; the notifier has the private key in SEALING_PRIVATE_KEYS.',
  ),
  PASSWORD_SALT_KEY: createSecretKeySetting(parseSecretKeys)
    .describe(
      '32 random bytes in base64url, or a JWKS of such keys (`oct`), newest first: the first key salts the hashes of new passwords. A stored password works only with the key that it was hashed with.',
    )
    .meta({ secret: true }),
  REFRESH_KEY: createSecretKeySetting(parseSecretKeys)
    .describe(
      '32 random bytes in base64url, or a JWKS of such keys (`oct`), newest first: the first key signs refresh tokens. A session ends if the key that signed its token is missing.',
    )
    .meta({ secret: true }),
});

type Fields = z.infer<typeof fields>;
type Fault = readonly [name: keyof Fields, message: string];

/**
 * Returns a fault for each invalid combination of auth's settings. Also called if individual settings are
 * invalid, so that all errors are reported together.
 */
function contradictions(config: Fields): readonly Fault[] {
  const faults: Fault[] = [...findAuditSettingFaults(config), ...findFaultsInBrandSettings(config)];
  if (config.LATCHKEY_ENV !== 'production') return faults;
  if (!String(config.PUBLIC_URL).startsWith('https:'))
    faults.push(['PUBLIC_URL', 'must be an https URL in production']);
  if (!config.LIMITS) faults.push(['LIMITS', 'can be off in development only']);
  return faults;
}

export const authSettingsSchema = withCrossFieldChecks(fields, contradictions);

export type AuthConfig = z.infer<typeof authSettingsSchema>;

/** Returns the rate limits that the LIMIT_… settings define. Whether they are enforced depends on LIMITS. */
export function createRateLimitRules(config: AuthConfig): RateLimitRules {
  const signUps = config.LATCHKEY_ENV === 'production' ? 20 : 1000;
  const mailsPerDay = config.LIMIT_MAILS_PER_ADDRESS_AND_DAY;
  return {
    'login-address': { points: config.LIMIT_LOGIN_FAILURES_PER_ADDRESS, seconds: 15 * MINUTE },
    'lockout-notice': { points: 1, seconds: DAY },
    'login-ip': { points: config.LIMIT_LOGIN_FAILURES_PER_IP, seconds: 15 * MINUTE },
    'mail-ip': { points: config.LIMIT_MAIL_REQUESTS_PER_IP, seconds: HOUR },
    'mail-network-hour': { points: config.LIMIT_MAILS_PER_ADDRESS, seconds: HOUR },
    'mail-network-day': { points: Math.ceil(mailsPerDay / NETWORKS_PER_DAY), seconds: DAY },
    'mail-address-day': { points: mailsPerDay, seconds: DAY },
    'signup-ip': { points: config.LIMIT_SIGNUPS_PER_IP ?? signUps, seconds: HOUR },
    'login-account': { points: config.LIMIT_LOGINS, seconds: HOUR },
    'notice-account': { points: NOTICES_PER_DAY, seconds: DAY },
    'logout-all-account': { points: config.LIMIT_LOGOUTS_EVERYWHERE, seconds: HOUR },
    'password-change-account': { points: config.LIMIT_PASSWORD_CHANGES, seconds: DAY },
    'erasure-account': { points: config.LIMIT_ERASURE_REQUESTS, seconds: DAY },
    'profile-account': { points: config.LIMIT_PROFILE_CHANGES, seconds: HOUR },
    'email-change-account': { points: config.LIMIT_EMAIL_CHANGES, seconds: DAY },
    'export-account': { points: config.LIMIT_EXPORTS, seconds: DAY },
    'mailing-admin': { points: config.LIMIT_MAILING_RECIPIENTS, seconds: DAY },
  };
}
