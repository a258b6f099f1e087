/**
 * Creates the canonical form of JSON (RFC 8785, https://www.rfc-editor.org/rfc/rfc8785), in which equal
 * values have the same text, regardless of the order of their keys. Pure.
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

/**
 * Returns the canonical form of an object without one of its members.
 * @param omitted the name of the member; the form is that of the whole object if the object has no such member
 * @throws like `canonicalJson`
 */
export function canonicalJsonWithout(object: object, omitted: string): string {
  return canonicalObject(object, omitted);
}

function canonicalObject(object: object, omitted?: string): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('The value is not plain data.');
  const values: Readonly<Record<string, unknown>> = Object(object);
  let members = '';
  for (const name of sorted(Object.keys(object))) {
    const member = values[name];
    if (member === undefined || name === omitted) continue;
    members += `${members === '' ? '' : ','}${quoted(name)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** Up to this number of names, an insertion sort takes less time than `sort`. */
const FEW_NAMES = 16;

/** Sorts names by UTF-16 code units, as RFC 8785 requires, and returns them. Changes the array. */
function sorted(names: string[]): string[] {
  if (names.length > FEW_NAMES) return names.sort();
  for (let from = 1; from < names.length; from += 1) {
    const name = names[from] ?? '';
    let to = from;
    for (let before = names[to - 1]; before !== undefined && before > name; before = names[to - 1]) {
      names[to] = before;
      to -= 1;
    }
    names[to] = name;
  }
  return names;
}

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('A string contains a lone surrogate.');
  return JSON.stringify(text);
}
