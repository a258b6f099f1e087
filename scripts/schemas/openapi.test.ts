import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { findIncompatibleOpenApiChanges, type OpenApiDocument } from './openapi.ts';
import type { ComparedSchema } from './schema.ts';
import type { SecurityRequirement } from './security.ts';

const text = { type: 'string' };
const role = { type: 'string', enum: ['user', 'admin'] };
const user: ComparedSchema = {
  type: 'object',
  properties: { userId: text, role, locale: text },
  required: ['userId', 'role'],
};

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: ComparedSchema;
}

interface Variant {
  readonly path?: string;
  readonly operationId?: string;
  readonly security?: readonly SecurityRequirement[];
  readonly parameter?: Parameter;
  readonly body?: ComparedSchema;
  readonly answer?: ComparedSchema;
  readonly status?: string;
  readonly headers?: Readonly<Record<string, { readonly schema: ComparedSchema }>>;
  readonly problem?: string;
  readonly codes?: readonly string[];
  /** The name of the response's schema in the OpenAPI document. */
  readonly name?: string;
  readonly scheme?: string;
}

function json(schema: ComparedSchema) {
  return { 'application/json': { schema } };
}

function api(variant: Variant = {}): OpenApiDocument {
  const { path = '/users', operationId = 'addUser', parameter, body = user, answer = user } = variant;
  const { status = '200', headers = { 'Account-Sequence': { schema: text } }, name = 'User' } = variant;
  const { problem = '404', codes = ['not_found', 'gone'], security = [{ bearer: [] }] } = variant;
  const post = {
    operationId,
    security,
    parameters: parameter === undefined ? [] : [parameter],
    requestBody: { required: true, content: json(body) },
    responses: {
      [status]: { content: json({ $ref: `#/components/schemas/${name}` }), headers },
      [problem]: { $ref: '#/components/responses/Problem' },
    },
  };
  const code = { type: 'string', enum: codes };
  const details: ComparedSchema = {
    type: 'object',
    properties: { code: text, title: text },
    required: ['code'],
  };
  return {
    paths: { [path]: { post } },
    components: {
      schemas: { [name]: answer, Details: details },
      responses: {
        Problem: {
          content: json({ allOf: [{ $ref: '#/components/schemas/Details' }, { properties: { code } }] }),
        },
      },
      securitySchemes: { bearer: { type: 'http', scheme: variant.scheme ?? 'bearer' } },
    },
  };
}

const q = { name: 'q', in: 'query', schema: role };

describe('an API', () => {
  test('may get operations, parameters, fields, statuses, codes, headers and ways to identify the caller', () => {
    const added = { ...api(), paths: { ...api().paths, '/other': api().paths['/users'] ?? {} } };
    assert.deepEqual(findIncompatibleOpenApiChanges(api(), added), []);
    const more: readonly Variant[] = [
      { parameter: { name: 'q', in: 'query', schema: text } },
      { answer: { ...user, properties: { ...user.properties, more: text } } },
      { codes: ['not_found', 'gone', 'hidden'] },
      { headers: { 'Account-Sequence': { schema: text }, Other: { schema: text } } },
      { security: [{ bearer: [] }, { key: [] }] },
      { security: [] },
    ];
    for (const variant of more) assert.deepEqual(findIncompatibleOpenApiChanges(api(), api(variant)), []);
  });

  const { role: _, ...rest } = user.properties ?? {};
  const changes: readonly (readonly [title: string, before: Variant, after: Variant, fault: RegExp])[] = [
    ['lose an operation', {}, { path: '/people' }, /POST \/users: it is gone/],
    ['require a parameter', {}, { parameter: { ...q, required: true } }, /query q is now required/],
    ['lose a parameter', { parameter: q }, {}, /query q is gone/],
    [
      'require a field of a body',
      {},
      { body: { ...user, required: ['userId', 'role', 'locale'] } },
      /body.*locale.*now required/,
    ],
    [
      'narrow a field of a body',
      {},
      { body: { ...user, properties: { ...rest, role: { ...role, maxLength: 3 } } } },
      /body.*role: maxLength was unset and is 3/,
    ],
    [
      'narrow a parameter',
      { parameter: q },
      { parameter: { ...q, schema: { ...role, maxLength: 3 } } },
      /q: maxLength/,
    ],
    ['lose a field of a response', {}, { answer: { ...user, properties: rest } }, /200.*role: it is gone/],
    [
      'widen a response',
      { answer: { ...user, maxProperties: 3 } },
      {},
      /200.*maxProperties was 3 and is unset/,
    ],
    ['lose a status', {}, { status: '201' }, /no longer answers 200/],
    ['lose the status of an error', {}, { problem: '410' }, /no longer answers 404/],
    ['lose the code of an error', {}, { codes: ['not_found', 'lost'] }, /404.*the code gone is gone/],
    ['lose a response header', {}, { headers: {} }, /200: the header Account-Sequence is gone/],
    [
      'change a response header',
      {},
      { headers: { 'Account-Sequence': { schema: { type: 'number' } } } },
      /Account-Sequence: the type/,
    ],
    ['rename an operation', {}, { operationId: 'createUser' }, /operationId was addUser and is createUser/],
    [
      'rename a schema',
      {},
      { name: 'Person' },
      /its schema was .*User and is .*Person.*the schema User: it is gone/,
    ],
    ['require another key', {}, { security: [{ key: [] }] }, /bearer is no longer enough/],
    ['require a second key', {}, { security: [{ bearer: [], key: [] }] }, /bearer is no longer enough/],
    ['require a scope', {}, { security: [{ bearer: ['write'] }] }, /bearer is no longer enough/],
    [
      'identify the caller of a public operation',
      { security: [] },
      {},
      /an anonymous request is no longer enough/,
    ],
    ['change a security scheme', {}, { scheme: 'basic' }, /scheme bearer: scheme was bearer and is basic/],
  ];
  for (const [title, before, after, fault] of changes)
    test(`may not ${title}`, () => {
      assert.match(findIncompatibleOpenApiChanges(api(before), api(after)).join('; '), fault);
      assert.deepEqual(findIncompatibleOpenApiChanges(api(after), api(after)), []);
    });

  test('is compatible with itself, with every keyword that it uses', () => {
    const path = new URL('../../docs/openapi.json', import.meta.url);
    const document: OpenApiDocument = JSON.parse(readFileSync(path, 'utf8'));
    assert.deepEqual(findIncompatibleOpenApiChanges(document, document), []);
  });
});
