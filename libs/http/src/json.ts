import { findJsonFault } from './json-scanner.ts';
import type { FieldError } from './problem.ts';

export type JsonParseResult = { readonly value: unknown } | { readonly fault: FieldError };

/**
 * Parses JSON from clients. Refuses duplicate keys, NUL, lone surrogates, and nesting over 20 levels. Unlike
 * the errors of JSON.parse, the errors of this function never quote the text, which may contain a password.
 */
export function parseJson(bytes: Buffer): JsonParseResult {
  const text = decodeUtf8(bytes);
  if (text === undefined)
    return { fault: { pointer: '#', code: 'malformed', message: 'is not valid UTF-8' } };
  const message = findJsonFault(text);
  if (message !== undefined) return { fault: { pointer: '#', code: 'malformed', message } };
  const value: unknown = JSON.parse(text);
  // Check for NUL and lone surrogates only if the text contains `\u`, because in valid JSON both can only be
  // written as escapes. Unescaped control characters are invalid JSON, and unescaped lone surrogates are
  // invalid UTF-8.
  const fault = text.includes('\\u') ? badText(value, '#') : undefined;
  return fault === undefined ? { value } : { fault };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8. Returns undefined if the bytes are not valid. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Returns why a text is refused, because it contains NUL or a lone surrogate; undefined if it contains
 * neither.
 */
export function findForbiddenCharacter(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain NUL characters';
  if (!text.isWellFormed()) return 'must not contain lone surrogates';
  return undefined;
}

/**
 * Returns a fault for the first string or field name that `findForbiddenCharacter` refuses. The recursion is
 * safe, because the scanner has limited the depth of the value.
 */
function badText(value: unknown, pointer: string): FieldError | undefined {
  if (typeof value === 'string') {
    const message = findForbiddenCharacter(value);
    return message === undefined ? undefined : { pointer, code: 'malformed', message };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const message = findForbiddenCharacter(key);
    if (message !== undefined)
      return { pointer, code: 'malformed', message: `has a field whose name ${message}` };
    const fault = badText(child, `${pointer}/${escapePointerToken(key)}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const MAX_TOKEN_LENGTH = 64;

/**
 * Escapes a reference token of a JSON Pointer (RFC 6901). Truncates long names, because the client chooses
 * them.
 */
export function escapePointerToken(key: string): string {
  return (key.length > MAX_TOKEN_LENGTH ? `${key.slice(0, MAX_TOKEN_LENGTH).toWellFormed()}…` : key)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');
}
