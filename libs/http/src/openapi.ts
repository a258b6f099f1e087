import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { listDeclaredProblems } from './declared-problems.ts';
import { headersTooLargeProblem, type ProblemSpec, standardProblems } from './problem.ts';
import type { BodyKind, Route, RouteResponseSpec } from './route.ts';
import { makeObjectSchemasStrict } from './strict.ts';

export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /**
   * The path in PUBLIC_URL. A proxy in front of the service removes this path from requests. Default: none.
   */
  readonly publicPath?: string;
  /** The description of each tag, by the tag's name. */
  readonly tags?: Readonly<Record<string, string>>;
}

type Json = Record<string, unknown>;

/**
 * Returns the OpenAPI 3.1 document of routes, generated from the schemas that validate their requests and
 * responses. Omits hidden routes. zod generates the JSON Schemas; this module adds what else a Route
 * declares: policies, problems, media types.
 */
export function createOpenApiDocument(
  { publicPath = '', tags = {}, ...info }: OpenApiInfo,
  routes: readonly Route[],
): Record<string, unknown> {
  const shown = routes.filter(({ hidden }) => hidden !== true);
  const paths: Record<string, Json> = {};
  for (const route of shown) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const schemas: Json = { Problem: problemSchema };
  return {
    openapi: '3.1.0',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    // Use a relative URL, so that the document is correct for every host name.
    servers: [{ url: publicPath === '' ? '/' : publicPath }],
    tags: [...new Set(shown.map(({ tag }) => tag))].map((name) => ({
      name,
      ...(tags[name] !== undefined && { description: tags[name] }),
    })),
    paths: hoisted(paths, schemas),
    components: {
      schemas,
      responses: { HeadersTooLarge: headersTooLargeAnswer },
      securitySchemes: Object.assign(
        { bearer: bearerScheme },
        ...shown.map(({ credentials }) => credentials?.schemes),
      ),
    },
  };
}

/** Moves the definitions of schemas that have an id to `components`. */
function hoisted(value: unknown, schemas: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => hoisted(item, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const moved: Json = {};
  for (const [key, child] of Object.entries(value)) {
    if (key === '$defs') {
      for (const [name, { id: _, ...definition }] of Object.entries(child as Record<string, Json>))
        schemas[name] = hoisted(definition, schemas);
    } else if (key === '$ref') moved[key] = String(child).replace('#/$defs/', '#/components/schemas/');
    else moved[key] = hoisted(child, schemas);
  }
  return moved;
}

const bearerScheme = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'An access token from the response to a login or refresh.',
};

const problemSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457). Branch on `code`.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', description: 'A URI that ends with the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong with this request' },
    code: { type: 'string' },
    resolution: { type: 'string', description: 'How to fix it' },
    requestId: { type: 'string', description: 'The X-Request-Id of the response; quote it to an operator' },
    retryAfter: { type: 'integer', description: 'Seconds to wait before trying again, as in Retry-After' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'message'],
        properties: {
          pointer: {
            type: 'string',
            description:
              'JSON Pointer into the body; `#/query/…`, `#/path/…`, `#/header/…` for the other places',
          },
          code: { type: 'string', description: 'Stable: `required`, `too_short`, …' },
          message: { type: 'string' },
        },
      },
    },
  },
};

function operation(route: Route): Json {
  return {
    operationId: route.operationId ?? operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, `Who: ${route.policy.who}.`]
      .filter((text) => text !== undefined)
      .join('\n\n'),
    security: security(route),
    parameters: [
      ...parameters(route.params, 'path', pathNames(route)),
      ...parameters(route.query, 'query'),
      ...parameters(route.policy.headers, 'header'),
      ...parameters(route.headers, 'header'),
    ],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body) }),
    responses: merged(answers(route), problemAnswers(route)),
  };
}

/**
 * Returns the security requirements of a route. If the list contains an empty requirement, credentials are
 * optional (OpenAPI 3.1, 4.8.10).
 */
function security({ policy: { bearer }, credentials }: Route): readonly Json[] {
  const others = Object.keys(credentials?.schemes ?? {}).map((name) => ({ [name]: [] }));
  const all = bearer === false ? others : [{ bearer: [] }, ...others];
  const isOptional = bearer === 'optional' || credentials?.optional === true;
  return isOptional ? [...all, {}] : all;
}

/**
 * Returns an id such as `postAuthVerifyByToken`. The id of an operation changes only if its path or its
 * method changes.
 */
function operationId({ method, path }: Route): string {
  const words = path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => (segment.startsWith(':') ? `by-${segment.slice(1)}` : segment));
  return [method.toLowerCase(), ...words.flatMap((word) => word.split(/\W+/)).map(capitalised)].join('');
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function pathNames({ path }: Route): readonly string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
}

function parameters(
  schema: z.ZodType | undefined,
  place: 'path' | 'query' | 'header',
  names: readonly string[] = [],
): Json[] {
  const { properties = {}, required = [] } = schema === undefined ? {} : jsonSchema(schema, 'input');
  const described = new Map(Object.entries(properties as Record<string, Json>));
  for (const name of names) if (!described.has(name)) described.set(name, { type: 'string' });
  return [...described].map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (required as readonly string[]).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

const MEDIA: Readonly<Record<Exclude<BodyKind, 'none'>, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  raw: '*/*',
};

function requestBody(route: Route, body: z.ZodType): Json {
  const accepts = route.accepts ?? ['json'];
  const schema = jsonSchema(makeObjectSchemasStrict(body), 'input');
  const media = accepts.filter((kind) => kind !== 'none').map((kind) => [MEDIA[kind], { schema }]);
  return { required: !accepts.includes('none'), content: Object.fromEntries(media) };
}

/**
 * Merges the answers and the problems of a route, because an answer and a problem may have the same status.
 */
function merged(answers: Record<string, Json>, refusals: Record<string, Json>): Json {
  const responses = { ...answers };
  for (const [status, refusal] of Object.entries(refusals)) {
    const said = responses[status];
    responses[status] = said === undefined ? refusal : bothOf(said, refusal);
  }
  return responses;
}

function bothOf(a: Json, b: Json): Json {
  return {
    ...a,
    ...b,
    description: `${a['description']}\n\n${b['description']}`,
    content: { ...(a['content'] as Json | undefined), ...(b['content'] as Json) },
  };
}

function answers(route: Route): Record<string, Json> {
  return Object.fromEntries(Object.entries(route.answers).map(([status, spec]) => [status, answer(spec)]));
}

function answer(spec: RouteResponseSpec): Json {
  const json = spec.schema === undefined ? [] : [['application/json', { schema: answerSchema(spec.schema) }]];
  const others = (spec.media ?? []).map((media) => [media, { schema: { type: 'string' } }]);
  const headers = (spec.headers ?? []).map((name) => [name, { schema: { type: 'string' } }]);
  const content = [...json, ...others];
  return {
    description: spec.description,
    ...(content.length === 0 ? {} : { content: Object.fromEntries(content) }),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
  };
}

/**
 * The answer to a request whose headers are too large. Any route may give this answer, because it is sent
 * before the route is known.
 */
const headersTooLargeAnswer: Json = {
  description: 'The headers or the URL are too large: `payload_too_large`',
  content: { 'application/problem+json': { schema: problemRef([headersTooLargeProblem]) } },
};

/** Returns one answer for each status, which names all problems with this status. */
function problemAnswers(route: Route): Record<string, Json> {
  const byStatus = new Map<number, ProblemSpec[]>();
  for (const spec of new Set(listDeclaredProblems(route))) {
    const known = byStatus.get(spec.status) ?? [];
    if (!known.some(({ code }) => code === spec.code)) byStatus.set(spec.status, [...known, spec]);
  }
  return {
    ...Object.fromEntries(
      [...byStatus].map(([status, specs]) => [status, problemAnswer(route, status, specs)]),
    ),
    431: { $ref: '#/components/responses/HeadersTooLarge' },
  };
}

function problemAnswer(route: Route, status: number, specs: readonly ProblemSpec[]): Json {
  const codes = specs.map(({ code, title }) => `\`${code}\` (${title})`).join(', ');
  const page = route.problemPage === undefined ? {} : { 'text/html': { schema: { type: 'string' } } };
  const headers = problemHeaders(status);
  return {
    description: `${STATUS_CODES[status] ?? 'Problem'}: ${codes}${limitsInWords(route, status)}`,
    content: { 'application/problem+json': { schema: problemRef(specs) }, ...page },
    ...(headers.length === 0
      ? {}
      : { headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: 'string' } }])) }),
  };
}

function limitsInWords({ limits = [] }: Route, status: number): string {
  if (status !== standardProblems.rate_limited.status || limits.length === 0) return '';
  return `. Allowed, unless configured otherwise: ${limits.join('; ')}.`;
}

function problemRef(specs: readonly ProblemSpec[]): Json {
  return {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      { type: 'object', properties: { code: { type: 'string', enum: specs.map(({ code }) => code) } } },
    ],
  };
}

function problemHeaders(status: number): readonly string[] {
  if (status === 401) return ['WWW-Authenticate'];
  return status === 429 || status === 503 ? ['Retry-After'] : [];
}

/**
 * Returns the schema of a response. If the schema has an id, returns a reference to its definition in
 * `components`.
 */
function answerSchema(schema: z.ZodType): Json {
  const { id, ...described } = jsonSchema(schema, 'output');
  if (typeof id !== 'string') return described;
  const { $defs, ...definition } = described;
  return { $ref: `#/$defs/${id}`, $defs: { ...($defs as Json | undefined), [id]: definition } };
}

/**
 * Returns the JSON Schema of a zod schema, without `$schema`, which belongs to the whole document. If JSON
 * Schema cannot express a transform, it becomes `{}`, which accepts any value.
 */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  });
  return rest;
}
