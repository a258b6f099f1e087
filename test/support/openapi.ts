/** Reads the routes of a running system from the OpenAPI documents that it serves. */
import { basename } from 'node:path';
import { type ApiResponse, assertStatus, type Client } from './client.ts';

export interface Operation {
  /**
   * The method and path of the route, such as `POST /auth/signup`. The path is relative to /api/v1, or to the root if
   * the route is not below /api/v1.
   */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly bearer: boolean;
  /** Who may call the route, for example `a verified admin`. */
  readonly who: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body?: {
    readonly media: readonly string[];
    readonly fields: readonly string[];
    readonly required: readonly string[];
    readonly properties: Readonly<Record<string, JsonSchema>>;
  };
  readonly responses: Readonly<Record<string, DeclaredAnswer>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** The subset of JSON Schema that our routes use. */
export interface JsonSchema {
  readonly type?: 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'object';
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}

interface DeclaredAnswer {
  readonly media: readonly string[];
  readonly codes: readonly string[];
}

const BASE = '/api/v1';
const PROBLEM = 'application/problem+json';

/** Returns the operations in the OpenAPI documents of auth and user, in the documented order. */
export async function readOperations(client: Client): Promise<readonly Operation[]> {
  const documents = await Promise.all(
    ['/auth/openapi.json', '/users/openapi.json'].map((path) => client.get(path)),
  );
  return documents.flatMap((document) => operationsIn(assertStatus(document, 200).json));
}

function operationsIn(document: ApiResponse['json']): readonly Operation[] {
  return Object.entries<ApiResponse['json']>(document.paths).flatMap(([path, methods]) =>
    Object.entries<ApiResponse['json']>(methods).map(([method, spec]) =>
      operation(method, path, spec, document),
    ),
  );
}

function operation(
  verb: string,
  address: string,
  spec: ApiResponse['json'],
  document: ApiResponse['json'],
): Operation {
  const method = verb.toUpperCase();
  const path = address.startsWith(BASE) ? address.slice(BASE.length) : address;
  return {
    name: `${method} ${path}`,
    method,
    path,
    bearer: spec.security.some((scheme: object) => 'bearer' in scheme),
    who: /Who: (.*)\.$/.exec(spec.description)?.[1] ?? '',
    tags: spec.tags,
    parameters: spec.parameters,
    ...(spec.requestBody && { body: bodyOf(spec.requestBody.content) }),
    responses: Object.fromEntries(
      Object.entries<ApiResponse['json']>(spec.responses).map(([status, answer]) => [
        status,
        answerOf(answer.$ref === undefined ? answer : document.components.responses[basename(answer.$ref)]),
      ]),
    ),
  };
}

function bodyOf(content: ApiResponse['json']) {
  const { schema } = content['application/json'];
  return {
    media: Object.keys(content),
    fields: Object.keys(schema.properties),
    required: schema.required ?? [],
    properties: schema.properties,
  };
}

function answerOf({ content = {} }: ApiResponse['json']): DeclaredAnswer {
  const [, problem] = content[PROBLEM]?.schema.allOf ?? [];
  return { media: Object.keys(content), codes: problem?.properties.code.enum ?? [] };
}

/**
 * Returns descriptions of all differences between a response and the responses that the OpenAPI document
 * declares for the route.
 */
export function findResponseViolations({ responses }: Operation, reply: ApiResponse): readonly string[] {
  const declared = responses[reply.status];
  if (declared === undefined) return [`${reply.status} is not declared`];
  const [media = ''] = (reply.headers.get('content-type') ?? '').split(';');
  if (!declared.media.includes(media)) return [`${reply.status} with ${media} is not declared`];
  if (media !== PROBLEM) return [];
  const undeclared = declared.codes.includes(reply.json.code)
    ? []
    : [`the code ${reply.json.code} is not declared`];
  return [...undeclared, ...findProblemViolations(reply)];
}

/** Returns descriptions of all rules for problem documents (RFC 9457) that a response violates. */
export function findProblemViolations({ status, headers, json }: ApiResponse): readonly string[] {
  const checks: readonly (readonly [boolean, string])[] = [
    [headers.get('content-type') === PROBLEM, `its media type is ${headers.get('content-type')}`],
    [json?.status === status, 'its status is another'],
    [json?.type === `urn:latchkey:problem:${json?.code}`, 'its type is not that of its code'],
    [isText(json?.title) && isText(json?.detail), 'it has no title or no detail'],
    [isText(json?.requestId) && json.requestId === headers.get('x-request-id'), 'its request id is another'],
    [json?.code !== 'validation_failed' || namesFields(json.errors), 'it does not say what is wrong'],
    [headers.get('cache-control') === 'no-store', 'it may be stored'],
  ];
  return checks.filter(([right]) => !right).map(([, fault]) => fault);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0;
}

function namesFields(errors: unknown): boolean {
  return (
    Array.isArray(errors) &&
    errors.length > 0 &&
    errors.every(({ pointer, message }) => /^#(\/|$)/.test(pointer) && isText(message))
  );
}
