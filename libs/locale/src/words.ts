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
 * How the first day of a month is written in languages that use an ordinal number for it. Intl writes a plain
 * number.
 */
const FIRST_DAYS: Readonly<Record<string, string>> = { fr: '1er', pt: '1º' };

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
      .map(({ type, value }) => (type === 'day' && value === '1' ? firstDay : value))
      .join('');
});

/** Formats a count of a unit of time: "24 hours", "1 Stunde". */
export function durationInWords(count: number, unit: TimeUnit, locale: string): string {
  return counts[unit](locale).format(count);
}

/** Formats an instant in UTC, as the language writes dates: "21 November 2026 at 10:15 UTC". */
export function instantInWords(at: Date, locale: string): string {
  return instants(locale)(at);
}
