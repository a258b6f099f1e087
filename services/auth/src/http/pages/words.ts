/** Times and names as the pages show them. */

/** An instant in the order and words of the language, with its time zone: "21 November 2026 at 10:15 UTC". */
export function instantInWords(at: Date, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  }).format(at);
}

const MINUTE = 60;

/** A wait, rounded up: "40 seconds", "15 minutes". */
export function waitInWords(seconds: number, locale: string): string {
  const [count, unit] = seconds < 2 * MINUTE ? [seconds, 'second'] : [Math.ceil(seconds / MINUTE), 'minute'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** Controls, and what turns the direction of the text around it or is not seen (Unicode TR 36, 2 and 3). */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/** A name or address that somebody else may have chosen, safe to show within a sentence. */
export function shown(text: string): string {
  return text.toWellFormed().replaceAll(unseen, '');
}
