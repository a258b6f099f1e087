/**
 * Generates values for the fields of a route from the route's OpenAPI document, so that a test covers a new route
 * without hand-written examples.
 */
import type { JsonSchema, Operation } from './openapi.ts';

/** The id of an account that does not exist. */
export const UNKNOWN_ACCOUNT_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

const BY_FORMAT: Readonly<Record<string, string>> = {
  email: 'nobody@example.com',
  'date-time': '2026-11-28T10:00:00.000Z',
  password: 'nine green turnips in a drawer',
  uuid: UNKNOWN_ACCOUNT_ID,
  // A host name that never resolves (RFC 2606).
  uri: 'https://hooks.invalid/',
};

/** Sample strings. Every pattern in our routes' schemas matches at least one of them. */
const TEXTS = ['nobody', '50', 'en', 'x'.repeat(40)];

/**
 * Returns a valid value for a JSON schema.
 * @throws Error if the schema has a pattern that matches none of our sample strings
 */
export function createSampleValue(schema: JsonSchema): unknown {
  const [choice] = schema.anyOf ?? [];
  if (choice !== undefined) return createSampleValue(choice);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === 'array') return [createSampleValue(schema.items ?? {})];
  if (schema.type === 'object') return {};
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return textFor(schema);
}

function textFor({ format, pattern }: JsonSchema): string {
  const known = format === undefined ? undefined : BY_FORMAT[format];
  if (known !== undefined) return known;
  const text = TEXTS.find((candidate) => pattern === undefined || new RegExp(pattern).test(candidate));
  if (text === undefined) throw new Error(`no sample matches ${pattern}: add one to TEXTS`);
  return text;
}

/** Returns a sample request body with all fields of the route; undefined if the route takes no body. */
export function createSampleRequestBody({ body }: Operation): Readonly<Record<string, unknown>> | undefined {
  return (
    body &&
    Object.fromEntries(
      Object.entries(body.properties).map(([name, schema]) => [name, createSampleValue(schema)]),
    )
  );
}

/**
 * Returns the path of a route. Replaces the path parameters by the given values, or else by sample values.
 */
export function createSamplePath(
  { path, parameters }: Operation,
  given: Readonly<Record<string, string>> = {},
): string {
  function partFor(name: string): string {
    const schema = parameters.find((each) => each.in === 'path' && each.name === name)?.schema;
    return given[name] ?? String(createSampleValue(schema ?? {}));
  }
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => partFor(name));
}
