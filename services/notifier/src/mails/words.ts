/** Formats how long a link remains valid. */
import { formatDurationInWords } from '@latchkey/locale';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * How far a duration may be rounded up, in ms. A mail is sent a moment after its link was created, so 59
 * minutes and 58 seconds count as "1 hour".
 */
const ROUNDING_MS = 30_000;

function inLargestUnit(ms: number): readonly [number, 'minute' | 'hour' | 'day'] {
  const rounded = Math.max(MINUTE, Math.floor((ms + ROUNDING_MS) / MINUTE) * MINUTE);
  if (rounded >= 2 * DAY) return [Math.floor(rounded / DAY), 'day'];
  if (rounded >= 2 * HOUR || rounded === HOUR) return [Math.floor(rounded / HOUR), 'hour'];
  return [rounded / MINUTE, 'minute'];
}

/**
 * Formats a duration, for example as "24 hours" or "45 minutes". Never overstates the duration by more than
 * half a minute.
 */
export function formatDuration(ms: number, locale: string): string {
  const [count, unit] = inLargestUnit(ms);
  return formatDurationInWords(count, unit, locale);
}
