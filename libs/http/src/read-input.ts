import type { z } from 'zod';
import { createValidationProblem, toFieldErrors } from './field-errors.ts';
import { parseForm, parseUrlEncoded } from './form.ts';
import { parseJson } from './json.ts';
import type { FieldError } from './problem.ts';
import type { BodyKind, Route } from './route.ts';
import { makeObjectSchemasStrict } from './strict.ts';

export interface RawInput {
  readonly params: unknown;
  /** The query as the client sent it: encoded, without the question mark. */
  readonly querystring: string;
  /** The headers of the request. Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly sentAs: BodyKind;
}

export interface ParsedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

type Parse = (input: unknown, faults: FieldError[]) => unknown;

/**
 * Creates a function that validates the body, query, path and headers of a route's requests. It throws
 * Problem validation_failed, which lists all faults together.
 */
export function createInputReader(route: Route): (input: RawInput) => ParsedInput {
  const parseParams = parser(route.params, '#/path');
  const parseQuery = parser(route.query, '#/query');
  const parseBody = parser(route.body, '#');
  const checkHeaders = headerCheck(route.headers);
  const emptyBody = bodyOfNone(route.body);

  return ({ params, querystring, headers, body, sentAs }) => {
    const faults: FieldError[] = [];
    const rawBody = route.body === undefined ? undefined : decodeBody(body, sentAs, emptyBody, faults);
    const input = {
      params: parseParams(params, faults),
      query: parseQuery(queryFields(route, querystring, faults), faults),
      body: rawBody === UNREADABLE ? undefined : parseBody(rawBody, faults),
    };
    checkHeaders(headers, faults);
    if (faults.length > 0) throw createValidationProblem([...faults, ...(route.moreFaults?.(rawBody) ?? [])]);
    return input;
  };
}

function parser(schema: z.ZodType | undefined, root: string): Parse {
  if (schema === undefined) return () => undefined;
  const guard = makeObjectSchemasStrict(schema);
  return (input, faults) => {
    const parsed = guard.safeParse(input);
    if (parsed.success) return parsed.data;
    faults.push(...toFieldErrors(parsed.error, input, root));
    return undefined;
  };
}

/**
 * Returns a function that validates the request headers that a route declares. The function ignores all other
 * headers.
 */
function headerCheck(schema: z.ZodObject | undefined) {
  const names = Object.keys(schema?.shape ?? {});
  return (headers: RawInput['headers'], faults: FieldError[]): void => {
    const given = Object.fromEntries(names.map((name) => [name, headers[name.toLowerCase()]]));
    const parsed = schema?.safeParse(given);
    if (parsed?.error) faults.push(...toFieldErrors(parsed.error, given, '#/header'));
  };
}

const EMPTY = { fault: { pointer: '#', code: 'required', message: 'must be a JSON object, but is empty' } };
const UNREADABLE = Symbol('unreadable');

function decodeBody(body: Buffer, sentAs: BodyKind, ofNone: unknown, faults: FieldError[]): unknown {
  if (sentAs === 'none') return ofNone;
  if (sentAs === 'raw') return body;
  if (sentAs === 'form') {
    const form = parseForm(body);
    faults.push(...form.faults);
    return form.faults.length === 0 ? form.fields : UNREADABLE;
  }
  const json = body.length === 0 ? EMPTY : parseJson(body);
  if ('value' in json) return json.value;
  faults.push(json.fault);
  return UNREADABLE;
}

/**
 * Returns the value to validate in place of a missing body: `undefined` if the body is optional in its
 * schema, otherwise an empty object.
 */
function bodyOfNone(schema: z.ZodType | undefined): unknown {
  return schema?.safeParse(undefined).success === true ? undefined : {};
}

/**
 * Returns whether a route ignores the query. A route that declares no query parameters ignores the query of
 * GET requests. If its path contains a secret, as the paths of mailed links do, it ignores the query of all
 * requests, because mail providers, browsers and monitoring tools append their own parameters. Other routes
 * refuse undeclared parameters: a client that sends `?dryRun=true` must learn that the parameter has no
 * effect.
 */
function ignoresQuery({ method, query, secretPath }: Route): boolean {
  return query === undefined && (method === 'GET' || secretPath === true);
}

function queryFields(route: Route, querystring: string, faults: FieldError[]): unknown {
  if (ignoresQuery(route)) return undefined;
  const { fields, faults: found } = parseUrlEncoded(querystring, '#/query');
  faults.push(...found);
  if (route.query !== undefined) return fields;
  for (const name of Object.keys(fields)) {
    faults.push({ pointer: `#/query/${name}`, code: 'unknown', message: 'is not a known parameter' });
  }
  return undefined;
}
