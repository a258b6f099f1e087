/**
 * Generates invalid request bodies from a valid one. Tests send each invalid body to every route. The route
 * must respond with one of the `statuses` that are listed with the body, and must change nothing.
 */
import { gzipSync } from 'node:zlib';
import type { z } from 'zod';
import { makeObjectSchemasStrict } from '../strict.ts';

export interface HostileBody {
  /** A name for the title of a test, for example `email: an operator object`. */
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** The HTTP statuses with which a route may refuse the body. */
  readonly statuses: readonly number[];
}

export interface HostileOptions {
  /** The names of the optional fields in the valid body. */
  readonly optional?: readonly string[];
  /**
   * The names of the fields in the valid body that may contain line breaks, such as a password or a reason.
   */
  readonly freeText?: readonly string[];
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const MEGABYTE = 1024 * 1024;

/**
 * Returns bodies with every kind of invalid value in each field, and bodies that are malformed as a whole.
 */
export function generateHostileBodies(
  valid: Readonly<Record<string, unknown>>,
  options: HostileOptions = {},
): readonly HostileBody[] {
  const fields = Object.keys(valid).flatMap((field) => hostileField(valid, field, options));
  return [...fields, ...brokenJson(valid), ...wrongShapes(valid), ...wrongMedia(valid)];
}

/** Returns the optional fields of an object schema, for {@link HostileOptions.optional}. */
export function findOptionalFields(
  schema: z.ZodType,
  valid: Readonly<Record<string, unknown>>,
): readonly string[] {
  const guard = makeObjectSchemasStrict(schema);
  return Object.keys(valid).filter((field) => guard.safeParse(without(valid, field)).success);
}

function hostileField(
  valid: Readonly<Record<string, unknown>>,
  field: string,
  { optional = [], freeText = [] }: HostileOptions,
): readonly HostileBody[] {
  function put(what: string, value: unknown, statuses: readonly number[] = [400]): HostileBody {
    return {
      name: `${field}: ${what}`,
      body: JSON.stringify({ ...valid, [field]: value }),
      headers: JSON_HEADERS,
      statuses,
    };
  }
  const text = String(valid[field]);
  const missing = { ...put('missing', undefined), body: JSON.stringify(without(valid, field)) };
  const broken = put('CRLF', `${text}\r\nBcc: eve@example.com`);
  return [
    ...(optional.includes(field) ? [] : [missing]),
    ...(freeText.includes(field) ? [] : [broken]),
    put('null', null),
    put('an array', [null]),
    put('an object', { a: 1 }),
    put('an operator object', { $gt: '' }),
    put('another type', wrongType(valid[field])),
    put('a string of 1 MB', 'x'.repeat(MEGABYTE), [413]),
    put('NUL', `${text}\0`),
    put('a lone surrogate', `${text}\ud800`),
  ];
}

function without(valid: Readonly<Record<string, unknown>>, field: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(valid).filter(([name]) => name !== field));
}

function wrongType(value: unknown): unknown {
  return typeof value === 'string' ? 12_345 : 'neither here nor there';
}

function brokenJson(valid: Readonly<Record<string, unknown>>): readonly HostileBody[] {
  const json = JSON.stringify(valid);
  const inside = json.slice(1, -1);
  const [field = 'a'] = Object.keys(valid);
  const twice = `${JSON.stringify(field)}:${JSON.stringify(valid[field] ?? 1)}`;
  function named(name: string, body: string | Buffer, statuses = [400]): HostileBody {
    return {
      name,
      body,
      headers: JSON_HEADERS,
      statuses,
    };
  }
  return [
    named('truncated JSON', json.slice(0, -1)),
    named('JSON truncated in a string', `${json.slice(0, -1)}${inside === '' ? '' : ','}"x`),
    named('not JSON', 'email=ada@example.com'),
    named('JSON with more behind it', `${json}{}`),
    named('JSON with a comment', `/* */${json}`),
    named('deep JSON', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    named('JSON nested deeper than allowed', `{"a":${'{"a":'.repeat(25)}1${'}'.repeat(25)}}`),
    named('a duplicate key', `{${twice},${twice}}`),
    named('a duplicate key, spelled differently', `{"a":1,"\\u0061":2}`),
    named('over-long JSON', `${' '.repeat(MEGABYTE)}${json}`, [413]),
    named(
      'JSON that is not UTF-8',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
    ),
  ];
}

function wrongShapes(valid: Readonly<Record<string, unknown>>): readonly HostileBody[] {
  function shaped(name: string, body: string): HostileBody {
    return {
      name,
      body,
      headers: JSON_HEADERS,
      statuses: [400],
    };
  }
  const open = JSON.stringify(valid).slice(0, -1);
  const comma = Object.keys(valid).length === 0 ? '' : ',';
  return [
    shaped('null', 'null'),
    shaped('a string', '"text"'),
    shaped('a number', '1e400'),
    shaped('an array', JSON.stringify([valid])),
    shaped('an unknown field', `${open}${comma}"isAdmin":true}`),
    shaped('a field called __proto__', `${open}${comma}"__proto__":{"role":"admin"}}`),
    shaped('a field called constructor', `${open}${comma}"constructor":{"prototype":{"role":"admin"}}}`),
  ];
}

function wrongMedia(valid: Readonly<Record<string, unknown>>): readonly HostileBody[] {
  const json = JSON.stringify(valid);
  function media(name: string, body: string | Buffer, headers: Record<string, string>): HostileBody {
    return {
      name,
      body,
      headers,
      statuses: [415],
    };
  }
  return [
    media('as text', json, { 'Content-Type': 'text/plain' }),
    media('as XML', '<a/>', { 'Content-Type': 'application/xml' }),
    media('as multipart', '--x--', { 'Content-Type': 'multipart/form-data; boundary=x' }),
    media('in Latin-1', json, { 'Content-Type': 'application/json; charset=iso-8859-1' }),
    media('in UTF-16', Buffer.from(json, 'utf16le'), { 'Content-Type': 'application/json; charset=utf-16' }),
    media('compressed', gzipSync(json), { ...JSON_HEADERS, 'Content-Encoding': 'gzip' }),
  ];
}
