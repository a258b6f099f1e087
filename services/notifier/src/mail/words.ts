/** Times in words, in the reader's language. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A mail is sent a moment after its link was made: 59 minutes and 58 seconds are "1 hour". */
const ROUNDING_MS = 30_000;

function inLargestUnit(ms: number): readonly [number, 'minute' | 'hour' | 'day'] {
  const rounded = Math.max(MINUTE, Math.floor((ms + ROUNDING_MS) / MINUTE) * MINUTE);
  if (rounded >= 2 * DAY) return [Math.floor(rounded / DAY), 'day'];
  if (rounded >= 2 * HOUR || rounded === HOUR) return [Math.floor(rounded / HOUR), 'hour'];
  return [rounded / MINUTE, 'minute'];
}

/** Formatters are dear to make: once per locale, of which there are as many as templates have. */
function perLocale<Formatter>(make: (locale: string) => Formatter): (locale: string) => Formatter {
  const made = new Map<string, Formatter>();
  return (locale) => {
    const formatter = made.get(locale) ?? make(locale);
    made.set(locale, formatter);
    return formatter;
  };
}

function countOf(unit: 'minute' | 'hour' | 'day') {
  return perLocale((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }));
}
const counts = { minute: countOf('minute'), hour: countOf('hour'), day: countOf('day') };

const instants = perLocale(
  (locale) =>
    new Intl.DateTimeFormat(locale, {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: 'UTC',
      timeZoneName: 'short',
    }),
);

/** A span of time: "24 hours", "45 minutes"; never longer than it is by more than half a minute. */
export function duration(ms: number, locale: string): string {
  const [count, unit] = inLargestUnit(ms);
  return counts[unit](locale).format(count);
}

/** An instant: "21 November 2026 at 10:15 UTC" in the order and words of the language. */
export function instantInWords(at: Date, locale: string): string {
  return instants(locale).format(at);
}

/** The locales to look for, best first: the exact one, its language, English. Malformed ones are English. */
export function fallbacks(locale: string): readonly string[] {
  try {
    const { baseName, language } = new Intl.Locale(locale);
    return [...new Set([baseName, language, 'en'])];
  } catch {
    return ['en'];
  }
}
