/** The programs that tests run, and settings that every test of a whole system uses. */
import { join } from 'node:path';
import type { Settings } from './system.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export const STANDALONE = join(ROOT, 'apps/standalone/src/main.ts');
export const OPS = join(ROOT, 'apps/ops/src/main.ts');
export function mainOf(service: string): string {
  return join(ROOT, `services/${service}/src/main.ts`);
}

/**
 * Sessions and leases that are short enough to wait for. With TEST_WAITS=long the defaults apply: tests that kill
 * processes then take minutes longer.
 */
export const SHORT_WAITS: Settings =
  process.env['TEST_WAITS'] === 'long'
    ? {}
    : {
        KAFKA_SESSION_SECONDS: '3',
        REQUEST_LEASE_SECONDS: '5',
        RELAY_LEASE_SECONDS: '2',
        MAIL_LEASE_SECONDS: '12',
      };

/** Returns settings of a process whose clock is ahead by this much, or behind if it is negative. */
export function shiftClock(offsetMs: number): Settings {
  return {
    NODE_OPTIONS: `--import=${import.meta.resolve('./shifted-clock.ts')}`,
    CLOCK_OFFSET_MS: String(offsetMs),
  };
}

/** Limits that a whole journey from one IP stays below, on any machine. */
export const ROOMY: Settings = {
  HASH_WAIT_SECONDS: '60',
  LIMIT_MAIL_REQUESTS_PER_IP: '10000',
  LIMIT_SIGNUPS_PER_IP: '10000',
  LIMIT_MAILS_PER_ADDRESS: '100',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '10000',
  LIMIT_PROFILE_CHANGES: '100000',
  LIMIT_EMAIL_CHANGES: '100000',
  LIMIT_EXPORTS: '100000',
};
