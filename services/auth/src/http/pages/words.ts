/** Formats times and names for the pages. */
import { formatDurationInWords } from '@latchkey/locale';

const MINUTE = 60;

/** Formats a waiting time, rounded up, for example "40 seconds" or "15 minutes". */
export function formatWaitTime(seconds: number, locale: string): string {
  return seconds < 2 * MINUTE
    ? formatDurationInWords(seconds, 'second', locale)
    : formatDurationInWords(Math.ceil(seconds / MINUTE), 'minute', locale);
}

/**
 * Matches control characters, invisible characters, and characters that change the text direction (Unicode TR
 * 36, sections 2 and 3).
 */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/**
 * Removes invisible characters and characters that change the text direction. A stranger could otherwise
 * choose a name or address that distorts the sentence in which a page shows it.
 */
export function makeDisplaySafe(text: string): string {
  return text.toWellFormed().replaceAll(unseen, '');
}
