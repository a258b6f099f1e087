import type { BusRecord, OutgoingRecord } from '../bus.ts';

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
  // A Map instead of an object, because a header may be named `__proto__`.
  const headers = new Map<string, Buffer | readonly Buffer[]>();
  const pairs: StoredHeaders = JSON.parse(serialized);
  for (const [name, value] of pairs) {
    const earlier = headers.get(name);
    const buffer = Buffer.from(value, 'latin1');
    headers.set(name, earlier === undefined ? buffer : [earlier, buffer].flat());
  }
  return Object.fromEntries(headers);
}

function bytes(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
