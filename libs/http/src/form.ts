/**
 * A strict parser of application/x-www-form-urlencoded (WHATWG URL). URLSearchParams is not used, because it
 * accepts invalid percent-encoding and bytes that are not UTF-8.
 */
import { decodeUtf8, escapePointerToken, findForbiddenCharacter } from './json.ts';
import type { FieldError } from './problem.ts';

export interface ParsedUrlEncoded {
  readonly fields: Readonly<Record<string, string>>;
  readonly faults: readonly FieldError[];
}

/** The maximum number of fields in a form or query. All forms and queries of Latchkey have fewer fields. */
const MOST_PAIRS = 100;

/**
 * Parses a URL-encoded string. Each name may occur only once.
 * @param pointer the beginning of the JSON pointers in reported faults, for example `#` or `#/query`
 */
export function parseUrlEncoded(encoded: string, pointer: string): ParsedUrlEncoded {
  // `fields` has no prototype, so that a form field called __proto__ is an ordinary field.
  const fields: Record<string, string> = Object.create(null);
  const faults: FieldError[] = [];
  const pairs = encoded.split('&').filter((pair) => pair !== '');
  if (pairs.length > MOST_PAIRS) {
    return {
      fields,
      faults: [{ pointer, code: 'malformed', message: `must not have more than ${MOST_PAIRS} fields` }],
    };
  }
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1));
    const fault = pairFault(name, value, fields);
    if (fault !== undefined)
      faults.push({ pointer: fieldPointer(pointer, name), code: 'malformed', message: fault });
    else if (name !== undefined && value !== undefined) fields[name] = value;
  }
  return { fields, faults };
}

/** Parses the body of a form. */
export function parseForm(bytes: Buffer): ParsedUrlEncoded {
  const text = decodeUtf8(bytes);
  if (text === undefined)
    return { fields: {}, faults: [{ pointer: '#', code: 'malformed', message: 'is not valid UTF-8' }] };
  return parseUrlEncoded(text, '#');
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function pairFault(
  name: string | undefined,
  value: string | undefined,
  fields: Readonly<Record<string, string>>,
): string | undefined {
  if (name === undefined || value === undefined) return 'is not percent-encoded UTF-8';
  if (name in fields) return 'must not be given more than once';
  return findForbiddenCharacter(name) ?? findForbiddenCharacter(value);
}

function fieldPointer(pointer: string, name: string | undefined): string {
  return name === undefined || findForbiddenCharacter(name) !== undefined
    ? pointer
    : `${pointer}/${escapePointerToken(name)}`;
}
