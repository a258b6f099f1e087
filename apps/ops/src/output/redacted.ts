/**
 * Redacts a record for operators. A record may contain anything, even an email address where none belongs.
 * Only fields that the contract declares are shown. All other content is replaced by its type or length.
 */
import type { BusRecord } from '@latchkey/bus';
import {
  catalogue,
  decodeHeader,
  decodeUtf8,
  isEventType,
  MAX_EVENT_BYTES,
  parseEventKey,
} from '@latchkey/events';
import type { z } from 'zod';

export interface RedactedRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/**
 * Matches the names, ids and timestamps that the contract of an event allows. Matches neither email addresses
 * nor tokens.
 */
const PLAIN = /^[\w.:/+-]{1,63}$/;
const MEDIA_TYPE = /^application\/json(?:; charset=utf-8)?$/i;
/** Matches header names that the contract declares. */
const OUR_HEADER = /^(?:content-type|traceparent|ce_[a-z]{1,20})$/;
const MAX_FIELDS = 40;
const MASK = '***';

export function redactRecord({
  key,
  value,
  headers,
}: Pick<BusRecord, 'key' | 'value' | 'headers'>): RedactedRecord {
  return {
    key: shownKey(key),
    headers: Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => OUR_HEADER.test(name))
        .map(([name, each]) => [name, shownHeader(each)]),
    ),
    value: shownValue(value, decodeHeader(headers['ce_type'])),
  };
}

/**
 * Returns a single object with the texts of the key, of each header and of the value of a redacted record,
 * by name.
 */
export function flattenRedactedRecord({
  key,
  headers,
  value,
}: RedactedRecord): Readonly<Record<string, string>> {
  return {
    key,
    ...Object.fromEntries(Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    value: typeof value === 'string' ? value : JSON.stringify(value),
  };
}

function shownKey(key: Buffer | null): string {
  if (key === null) return '(none)';
  const text = decodeUtf8(key);
  return text !== undefined && parseEventKey(key) !== undefined ? text : `(${key.length} bytes, not a UUID)`;
}

function shownHeader(value: BusRecord['headers'][string]): string {
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return `(${value.length} times)`;
  const text = decodeHeader(value);
  if (text === undefined) return `(${value.length} bytes, not UTF-8)`;
  return PLAIN.test(text) || MEDIA_TYPE.test(text) ? text : `(${value.length} bytes)`;
}

function shownValue(value: Buffer | null, type: string | undefined): unknown {
  if (value === null) return '(none)';
  if (value.length > MAX_EVENT_BYTES) return `(${value.length} bytes, over ${MAX_EVENT_BYTES})`;
  const parsed = jsonOf(value);
  if (parsed === undefined) return `(${value.length} bytes, not JSON)`;
  if (!isObject(parsed)) return kindOf(parsed);
  const entries = Object.entries(parsed);
  const shown = entries
    .slice(0, MAX_FIELDS)
    .map(([name, each]) => [PLAIN.test(name) ? name : MASK, shownField(type, name, each)]);
  const more = entries.length - shown.length;
  return { ...Object.fromEntries(shown), ...(more > 0 && { [MASK]: `(${more} more fields)` }) };
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Returns the value to show for a field. The value itself is shown only if the schema of the event type
 * declares the field and the value is valid. The field `person`, which contains personal data, is always
 * masked.
 */
function shownField(type: string | undefined, name: string, value: unknown): unknown {
  if (name === 'person') return value === null ? null : MASK;
  return isDeclared(type, name, value) ? withoutSecrets(value) : kindOf(value);
}

function isDeclared(type: string | undefined, name: string, value: unknown): boolean {
  if (type === undefined || !isEventType(type)) return false;
  const shape: Readonly<Record<string, z.ZodType>> = catalogue[type].schema.shape;
  const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
  return field?.safeParse(value).success ?? false;
}

/**
 * Masks a string unless it matches PLAIN. In an object, such as a sealed link, masks all properties except
 * `expiresAt`.
 */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return PLAIN.test(value) ? value : MASK;
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      PLAIN.test(name) ? name : MASK,
      name === 'expiresAt' ? withoutSecrets(each) : MASK,
    ]),
  );
}

function kindOf(value: unknown): string {
  if (value === null) return '(null)';
  return Array.isArray(value) ? '(array)' : `(${typeof value})`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
