/** The settings of auth. */
import { originSettings } from '@latchkey/http';
import { setting, withContradictions } from '@latchkey/process';
import { z } from 'zod';
import { KeyFault, parseSealingKey, parseSecretKey, parseSigningKeys } from './keys/keys.ts';
import type { LimitRules } from './ports/limits.ts';

const MOST = 1_000_000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How many networks it takes to use up the mails of an address for a day. */
const NETWORKS_PER_DAY = 3;

/** A setting that `read` parses; a KeyFault becomes the setting's fault. */
function key<T>(read: (text: string) => T) {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof KeyFault)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

function limit(fallback: number) {
  return setting.whole({ min: 1, max: MOST, fallback });
}

const fields = z.object({
  ...originSettings.shape,
  PUBLIC_URL: setting.url().describe('The public URL of the API; the issuer of access tokens.'),
  AUDIENCE: z.string().min(1).max(200).default('latchkey').describe('The audience of access tokens (`aud`).'),

  VERIFICATION_TOKEN_EXPIRATION_MINUTES: setting
    .whole({ min: 10, max: 7 * 24 * 60, fallback: 1440 })
    .describe('How long a verification link is valid. Unverified sign-ups end after 7 days.'),
  RESET_TOKEN_EXPIRATION_MINUTES: setting
    .whole({ min: 10, max: 24 * 60, fallback: 60 })
    .describe('How long a password link is valid.'),
  ACCESS_TOKEN_MINUTES: setting
    .whole({ min: 1, max: 60, fallback: 15 })
    .describe('How long an access token is valid.'),
  REFRESH_TOKEN_DAYS: setting
    .whole({ min: 1, max: 365, fallback: 30 })
    .describe('How long a session lasts, from its login.'),
  REFRESH_REUSE_MINUTES: setting
    .whole({ min: 1, max: 60, fallback: 10 })
    .describe(
      'How long the previous refresh token gets the current one again, until that is used: its answer may have been lost.',
    ),
  SESSION_IDLE_DAYS: setting
    .whole({ min: 1, max: 365, fallback: 14 })
    .describe('A session whose refresh token is not used for this long ends.'),
  SESSIONS_PER_ACCOUNT: setting
    .whole({ min: 1, max: 1000, fallback: 50 })
    .describe('Sessions that an account may have; one more login ends the oldest.'),
  SIGNUP_REVEALS_EXISTING: setting
    .flag(false)
    .describe('Answer 409 to a sign-up with a verified address, instead of as if it were new.'),

  LIMITS: setting.flag(true).describe('`off` disables all limits; in development only, for load tests.'),
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: limit(10).describe('Failed logins per address and 15 minutes.'),
  LIMIT_LOGIN_FAILURES_PER_IP: limit(100).describe('Failed logins per IP (IPv6: per /64) and 15 minutes.'),
  LIMIT_MAIL_REQUESTS_PER_IP: limit(30).describe('Requests that send mail, per IP and hour.'),
  LIMIT_MAILS_PER_ADDRESS: limit(3).describe(
    'Mails per address, purpose (sign-up, another verification link, reset), network (IPv4: /24, IPv6: /56) and hour.',
  ),
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: limit(30).describe(
    'Mails per address, purpose and day, whatever the network; one network gets at most a third of them.',
  ),
  LIMIT_SIGNUPS_PER_IP: setting
    .whole({ min: 1, max: MOST })
    .describe('Sign-ups per IP and hour. Default: 20 in production, 1000 in development.'),
  LIMIT_PROFILE_CHANGES: limit(30).describe('Changes of the profile, per account and hour.'),
  LIMIT_MAILING_RECIPIENTS: limit(1000).describe('Recipients of mailings, per admin and day.'),

  HASH_CONCURRENCY: setting
    .whole({ min: 0, max: 128, fallback: 0 })
    .describe('Passwords hashed concurrently; each takes a processor and 19 MiB. 0: one per processor.'),
  HASH_WAIT_SECONDS: setting
    .whole({ min: 1, max: 60, fallback: 5 })
    .describe('The longest time that a password waits to be hashed; longer waits are answered 503.'),
  REQUEST_LEASE_SECONDS: setting
    .whole({ min: 5, max: 600, fallback: 30 })
    .describe(
      'How long a process reserves the requests that it carries out in the background; those of a process that died wait as long.',
    ),
  RELAY_LEASE_SECONDS: setting
    .whole({ min: 2, max: 600, fallback: 10 })
    .describe('How long one process alone publishes what processes that died have left.'),
  SIGNING_KEYS: key(parseSigningKeys)
    .describe('A JWKS of private EC P-256 keys: the first signs access tokens, all are published.')
    .meta({ secret: true }),
  SEALING_PUBLIC_KEY: key(parseSealingKey).describe(
    'The X25519 key (JWK) that links are encrypted to; the notifier has the private key in SEALING_PRIVATE_KEYS.',
  ),
  PASSWORD_SALT_KEY: key(parseSecretKey)
    .describe('32 random bytes in base64url. Must never change: every stored password would stop working.')
    .meta({ secret: true }),
  REFRESH_KEY: key(parseSecretKey)
    .describe('32 random bytes in base64url. A change ends every session.')
    .meta({ secret: true }),
});

type Fields = z.infer<typeof fields>;
type Fault = readonly [name: keyof Fields, message: string];

/** Settings that contradict each other. Also called if some settings are invalid, so that all faults are reported at once. */
function contradictions(config: Fields): readonly Fault[] {
  if (config.LATCHKEY_ENV !== 'production') return [];
  const faults: Fault[] = [];
  if (!String(config.PUBLIC_URL).startsWith('https:'))
    faults.push(['PUBLIC_URL', 'must be an https URL in production']);
  if (!config.LIMITS) faults.push(['LIMITS', 'can be off in development only']);
  return faults;
}

export const authSettings = withContradictions(fields, contradictions);

export type AuthConfig = z.infer<typeof authSettings>;

/** Returns the rules of the LIMIT_… settings. LIMITS decides whether they apply. */
export function limitRules(config: AuthConfig): LimitRules {
  const signUps = config.LATCHKEY_ENV === 'production' ? 20 : 1000;
  const mailsPerDay = config.LIMIT_MAILS_PER_ADDRESS_AND_DAY;
  return {
    'login-address': { points: config.LIMIT_LOGIN_FAILURES_PER_ADDRESS, seconds: 15 * MINUTE },
    'login-ip': { points: config.LIMIT_LOGIN_FAILURES_PER_IP, seconds: 15 * MINUTE },
    'mail-ip': { points: config.LIMIT_MAIL_REQUESTS_PER_IP, seconds: HOUR },
    'mail-network-hour': { points: config.LIMIT_MAILS_PER_ADDRESS, seconds: HOUR },
    'mail-network-day': { points: Math.ceil(mailsPerDay / NETWORKS_PER_DAY), seconds: DAY },
    'mail-address-day': { points: mailsPerDay, seconds: DAY },
    'signup-ip': { points: config.LIMIT_SIGNUPS_PER_IP ?? signUps, seconds: HOUR },
    'profile-account': { points: config.LIMIT_PROFILE_CHANGES, seconds: HOUR },
    'mailing-admin': { points: config.LIMIT_MAILING_RECIPIENTS, seconds: DAY },
  };
}
