/** The option that sets how long a former key or secret stays valid after a rotation. */
import { Option } from '@commander-js/extra-typings';
import { HOUR_MS } from '@latchkey/process';
import { SECRET_OVERLAP_HOURS } from '@latchkey/webhooks';
import { createWholeNumberParser } from './program.ts';

/**
 * Creates the option `--overlap-hours`, which sets how long the former key or secret stays valid after a rotation.
 * @param what the help text of the option, which says what stays valid
 */
export function createOverlapHoursOption(what: string) {
  return new Option('--overlap-hours <n>', what)
    .default(SECRET_OVERLAP_HOURS.default)
    .argParser(createWholeNumberParser(0, SECRET_OVERLAP_HOURS.max));
}

/** Returns the time at which a former key or secret stops being valid after a rotation at `now`. */
export function computeOverlapEnd(now: Date, hours: number): Date {
  return new Date(now.getTime() + hours * HOUR_MS);
}
