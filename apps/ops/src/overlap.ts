/** The option that sets how long a former key or secret stays valid after a rotation. */
import { Option } from '@commander-js/extra-typings';
import { HOUR_MS } from '@latchkey/process';
import { overlapHours } from '@latchkey/webhooks';
import { wholeNumberParser } from './program.ts';

/**
 * Creates the option `--overlap-hours`, which sets how long the former key or secret stays valid after a rotation.
 * @param what the help text of the option, which says what stays valid
 */
export function overlapOption(what: string) {
  return new Option('--overlap-hours <n>', what)
    .default(overlapHours.default)
    .argParser(wholeNumberParser(0, overlapHours.max));
}

/** Returns the time at which an overlap that begins at `now` ends. */
export function overlapEnd(now: Date, hours: number): Date {
  return new Date(now.getTime() + hours * HOUR_MS);
}
