/** What can be run, and settings that every test of a whole system wants. */
import { join } from 'node:path';
import type { Settings } from './system.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export const STANDALONE = join(ROOT, 'apps/standalone/src/main.ts');
export const OPS = join(ROOT, 'apps/ops/src/main.ts');
export function mainOf(service: string): string {
  return join(ROOT, `services/${service}/src/main.ts`);
}

/** A known warning of kafkajs, without a meaning. */
export const QUIET_KAFKA = '--disable-warning=TimeoutNegativeWarning';

/** Limits that a whole journey from one IP stays below. */
export const ROOMY: Settings = {
  LIMIT_MAIL_REQUESTS_PER_IP: '10000',
  LIMIT_SIGNUPS_PER_IP: '10000',
  LIMIT_MAILS_PER_ADDRESS: '100',
};
