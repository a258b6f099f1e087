/** Times and names as the pages show them. */
import { durationInWords } from '@latchkey/locale';

const MINUTE = 60;

/** Formats a wait, rounded up, for example "40 seconds" or "15 minutes". */
export function formatWait(seconds: number, locale: string): string {
  return seconds < 2 * MINUTE
    ? durationInWords(seconds, 'second', locale)
    : durationInWords(Math.ceil(seconds / MINUTE), 'minute', locale);
}

/**
 * Matches control characters, and characters that are invisible or change the direction of the text (Unicode TR 36, 2
 * and 3).
 */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/** Makes a name or address that a stranger may have chosen safe to show within a sentence. */
export function makeDisplaySafe(text: string): string {
  return text.toWellFormed().replaceAll(unseen, '');
}
