/** Formats times in the reader's language. */
import { parseLocale } from './locale.ts';

export type TimeUnit = 'second' | 'minute' | 'hour' | 'day';

/**
 * Caches one formatter per locale, because Intl formatters are expensive to create, and there are few
 * locales.
 */
function perLocale<Formatter>(create: (locale: string) => Formatter): (locale: string) => Formatter {
  const created = new Map<string, Formatter>();
  return (locale) => {
    const formatter = created.get(locale) ?? create(locale);
    created.set(locale, formatter);
    return formatter;
  };
}

function counting(unit: TimeUnit) {
  return perLocale((locale) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }));
}

const counts = {
  second: counting('second'),
  minute: counting('minute'),
  hour: counting('hour'),
  day: counting('day'),
} as const satisfies Readonly<Record<TimeUnit, unknown>>;

/**
 * The number of the first day of a month, in languages that write it as an ordinal. Intl writes it as a plain
 * number.
 */
const FIRST_DAYS: Readonly<Record<string, string>> = { fr: '1er', pt: '1º' };

const NO_BREAK_SPACE = '\u00a0';
const DATE_PARTS: ReadonlySet<string> = new Set(['day', 'month', 'year']);

/**
 * Returns whether a line must not break between two parts of a formatted instant, because both parts belong
 * to the date, or both to the time.
 */
function belongTogether(
  one: Intl.DateTimeFormatPart | undefined,
  other: Intl.DateTimeFormatPart | undefined,
) {
  if (one === undefined || other === undefined) return false;
  return DATE_PARTS.has(one.type) === DATE_PARTS.has(other.type);
}

const instants = perLocale((locale) => {
  const format = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  });
  const firstDay = FIRST_DAYS[parseLocale(locale).language] ?? '1';
  return (at: Date) =>
    format
      .formatToParts(at)
      .map(({ type, value }, index, parts) => {
        if (type === 'day' && value === '1') return firstDay;
        const joins = type === 'literal' && belongTogether(parts[index - 1], parts[index + 1]);
        return joins ? value.replaceAll(' ', NO_BREAK_SPACE) : value;
      })
      .join('');
});

/** Formats a count of a unit of time: "24 hours", "1 Stunde". */
export function formatDurationInWords(count: number, unit: TimeUnit, locale: string): string {
  return counts[unit](locale).format(count);
}

/**
 * Formats an instant in UTC, as the language writes dates: "21 November 2026 at 10:15 UTC". A line can break
 * between the date and the time, but not within the date or the time.
 */
export function formatInstantInWords(at: Date, locale: string): string {
  return instants(locale)(at);
}
