/**
 * JSON from strangers. `JSON.parse` alone takes the last of two equal keys, nests as deep as it is told to, and
 * quotes the text (a password, perhaps) in its errors; this says where the fault is, and never what stood there.
 */
import { jsonFault } from './json-scanner.ts';
import type { FieldError } from './problem.ts';

export type ParsedJson = { readonly value: unknown } | { readonly fault: FieldError };

/** The value of a JSON text in UTF-8, without duplicate keys, NUL, lone surrogates or nesting over 20 levels. */
export function parseJson(bytes: Buffer): ParsedJson {
  const text = decodeUtf8(bytes);
  if (text === undefined)
    return { fault: { pointer: '#', code: 'malformed', message: 'is not valid UTF-8' } };
  const message = jsonFault(text);
  if (message !== undefined) return { fault: { pointer: '#', code: 'malformed', message } };
  const value: unknown = JSON.parse(text);
  // Raw control characters break the syntax and the decoder lets no lone surrogate in: only escapes can hold them.
  const fault = text.includes('\\u') ? badText(value, '#') : undefined;
  return fault === undefined ? { value } : { fault };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Undefined if the bytes are not UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What is wrong with a text that a client sent, or undefined. */
export function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain NUL characters';
  if (!text.isWellFormed()) return 'must not contain lone surrogates';
  return undefined;
}

/** Recursion is safe here: the scan has bounded the depth. */
function badText(value: unknown, pointer: string): FieldError | undefined {
  if (typeof value === 'string') {
    const message = textFault(value);
    return message === undefined ? undefined : { pointer, code: 'malformed', message };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const message = textFault(key);
    if (message !== undefined)
      return { pointer, code: 'malformed', message: `has a field whose name ${message}` };
    const fault = badText(child, `${pointer}/${pointerToken(key)}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const LONGEST_TOKEN = 64;

/** A reference token of a JSON Pointer (RFC 6901), cut where a stranger chose a long name. */
export function pointerToken(key: string): string {
  return (key.length > LONGEST_TOKEN ? `${key.slice(0, LONGEST_TOKEN).toWellFormed()}…` : key)
    .replaceAll('~', '~0')
    .replaceAll('/', '~1');
}
