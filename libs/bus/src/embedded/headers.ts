import type { BusRecord, OutgoingRecord } from '../bus.ts';
import type { BusHeaderValue } from '../record.ts';

/**
 * Pairs of header name and value. The bytes of a value are stored as Latin-1 text, which preserves all bytes,
 * and lets people read text values in a database shell.
 */
type StoredHeaders = readonly (readonly [name: string, value: string])[];

export function serializeHeaders(headers: OutgoingRecord['headers'] | BusRecord['headers']): string {
  const pairs = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, bytes(value).toString('latin1')] as const),
  );
  return JSON.stringify(pairs);
}

export function deserializeHeaders(serialized: string): BusRecord['headers'] {
  const headers: Record<string, BusHeaderValue> = {};
  const pairs: StoredHeaders = JSON.parse(serialized);
  for (const [name, stored] of pairs) {
    const value = restoreValue(stored);
    if (name === PROTOTYPE) addPrototypeHeader(headers, value);
    else headers[name] = Object.hasOwn(headers, name) ? [headers[name] ?? [], value].flat() : value;
  }
  return headers;
}

/**
 * A header with this name must be defined as a property instead of being assigned, because every object
 * inherits a setter with this name.
 */
const PROTOTYPE = '__proto__';

function addPrototypeHeader(headers: Record<string, BusHeaderValue>, added: Buffer | string): void {
  const earlier: BusHeaderValue | undefined = Object.getOwnPropertyDescriptor(headers, PROTOTYPE)?.value;
  const value = earlier === undefined ? added : [earlier, added].flat();
  Object.defineProperty(headers, PROTOTYPE, { value, enumerable: true, configurable: true, writable: true });
}

const OUTSIDE_ASCII = /[^\0-\x7f]/;

/**
 * Returns a stored header value: as a string if it is ASCII text, otherwise as a buffer. Most values are
 * ASCII text, and creating a buffer that the reader decodes again would take several times as long.
 */
function restoreValue(latin1: string): Buffer | string {
  return OUTSIDE_ASCII.test(latin1) ? Buffer.from(latin1, 'latin1') : latin1;
}

function bytes(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
