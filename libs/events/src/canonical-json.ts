/**
 * The canonical form of JSON (RFC 8785, https://www.rfc-editor.org/rfc/rfc8785): equal values have the same
 * text, regardless of the order of their keys. Pure.
 */

/**
 * Matches strings that need no escapes: printable ASCII without `"` and `\`. Most strings in events match.
 */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * Returns the canonical form of a value. Members that are undefined are omitted, as in `JSON.stringify`.
 * @throws TypeError if the value contains a lone surrogate, a number that JSON does not have, or anything
 * else that is not JSON, such as a Date
 * @throws RangeError if the value is nested too deeply
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('JSON has no such number.');
      // RFC 8785 formats numbers as ECMAScript does.
      return String(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? `[${value.map(canonicalJson).join(',')}]` : canonicalObject(value);
    default:
      throw new TypeError(`JSON has no ${typeof value}.`);
  }
}

function canonicalObject(object: object): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('The value is not plain data.');
  let members = '';
  for (const [name, member] of Object.entries(object).sort(byName)) {
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${quoted(name)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** Compares names by UTF-16 code units, as RFC 8785 requires. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('A string contains a lone surrogate.');
  return JSON.stringify(text);
}
