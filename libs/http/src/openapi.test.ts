import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { createOpenApiDocument } from './openapi.ts';
import { type AccessPolicy, publicAccessPolicy, type Route, route } from './route.ts';

const conflict = { code: 'own_account', status: 409, title: 'Own Account' };
const admin: AccessPolicy<null> = {
  who: 'a verified admin',
  bearer: true,
  problems: [{ code: 'insufficient_permission', status: 403, title: 'Insufficient Permission' }],
  authorise: async () => null,
};

const setRole = route({
  method: 'PUT',
  path: '/accounts/:id/role',
  tag: 'accounts',
  summary: 'Sets a role',
  description: 'For verified accounts.',
  policy: admin,
  params: z.object({ id: z.uuid().describe('The account') }),
  headers: z.object({ 'Idempotency-Key': z.string().max(255).optional().describe('To repeat it') }),
  query: z.object({ dry: z.enum(['true', 'false']).default('false').describe('Change nothing') }),
  body: z.object({ role: z.enum(['user', 'admin']).meta({ description: 'The new role' }) }),
  answers: {
    200: {
      description: 'Changed',
      schema: z.object({ role: z.string().default('user') }),
      headers: ['Account-Sequence'],
    },
  },
  problems: [conflict],
  handle: async ({ body }) => ({ status: 200, body: { role: body.role } }),
});

const account = z.object({ id: z.string() }).meta({ id: 'Account' });

const page = route({
  method: 'POST',
  path: '/verify/:token',
  tag: 'links',
  summary: 'Verifies',
  policy: publicAccessPolicy,
  secretPath: true,
  body: z.object({ password: z.string().optional() }),
  accepts: ['json', 'form', 'none'],
  answers: {
    200: {
      description: 'Verified',
      schema: z.object({ message: z.string(), account: account.optional() }),
      media: ['text/html'],
    },
    400: { description: 'A page that says why not', media: ['text/html'] },
  },
  problemPage: () => '<p>',
  handle: async () => ({ status: 200, body: { message: '' } }),
});

const lookAround = route({
  method: 'GET',
  path: '/around',
  tag: 'links',
  summary: 'Shows more to whom it knows',
  policy: {
    ...publicAccessPolicy,
    who: 'anyone, or an account',
    bearer: 'optional',
    headers: z.object({ 'Account-Sequence': z.string().describe('What was seen') }),
  },
  answers: { 204: { description: 'Nothing' } },
  handle: async () => ({ status: 204 }),
});

const internalRoute: Route = { ...page, path: '/hidden', hidden: true };
const routes = [setRole, page, lookAround, internalRoute];
const document = JSON.parse(
  JSON.stringify(createOpenApiDocument({ title: 'Auth', version: '1.0.0', description: 'Accounts' }, routes)),
);

/** Returns all objects in the document, at any depth. */
function objectsOf(value: unknown): readonly Record<string, unknown>[] {
  return typeof value === 'object' && value !== null
    ? [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsOf)]
    : [];
}

function resolve(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}

describe('the OpenAPI document', () => {
  it('has every route that is not hidden, with every status that it may answer', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(Object.keys(document.paths), ['/accounts/{id}/role', '/verify/{token}', '/around']);
    const put = document.paths['/accounts/{id}/role'].put;
    assert.deepEqual(Object.keys(put.responses), [
      '200',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '431',
      '500',
      '503',
    ]);
    assert.match(put.responses[409].description, /`own_account`/);
    assert.equal(put.operationId, 'putAccountsByIdRole');
  });

  it('has no reference that leads nowhere, and no operation twice', () => {
    const references = objectsOf(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    assert.ok(references.includes('#/components/schemas/Account'));
    for (const reference of references) assert.ok(resolve(reference) !== undefined, reference);
    const ids = objectsOf(document).flatMap(({ operationId }) =>
      typeof operationId === 'string' ? [operationId] : [],
    );
    assert.equal(new Set(ids).size, ids.length);
  });

  it('describes every response, and every parameter in the path', () => {
    for (const [path, item] of Object.entries<Record<string, Record<string, unknown>>>(document.paths)) {
      for (const operation of Object.values(item)) {
        for (const response of Object.values(
          operation['responses'] as Record<string, { description?: string; $ref?: string }>,
        )) {
          const described = response.$ref === undefined ? response : resolve(response.$ref);
          assert.match(JSON.stringify(described), /"description":"/);
        }
        const named = (operation['parameters'] as { in: string; name: string; required: boolean }[]).filter(
          (parameter) => parameter.in === 'path',
        );
        assert.deepEqual(
          named.map(({ name }) => name),
          [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
        );
        assert.ok(named.every(({ required }) => required));
      }
    }
  });

  it('says who may call, and asks for a bearer token if one is needed', () => {
    const put = document.paths['/accounts/{id}/role'].put;
    assert.equal(put.description, 'For verified accounts.\n\nWho: a verified admin.');
    assert.deepEqual(put.security, [{ bearer: [] }]);
    assert.deepEqual(document.paths['/verify/{token}'].post.security, []);
    assert.deepEqual(document.paths['/around'].get.security, [{ bearer: [] }, {}]);
    assert.equal(document.components.securitySchemes.bearer.scheme, 'bearer');
  });

  it('names the headers that a route or its policy reads', () => {
    const put = document.paths['/accounts/{id}/role'].put;
    assert.deepEqual(put.parameters.at(-1), {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'To repeat it',
      schema: { type: 'string', maxLength: 255 },
    });
    const [sequence] = document.paths['/around'].get.parameters;
    assert.deepEqual([sequence.name, sequence.in, sequence.required], ['Account-Sequence', 'header', true]);
  });

  it('describes requests as clients send them, and responses as clients get them', () => {
    const put = document.paths['/accounts/{id}/role'].put;
    const body = put.requestBody.content['application/json'].schema;
    assert.equal(body.additionalProperties, false);
    assert.equal(body.properties.role.description, 'The new role');
    assert.deepEqual(put.responses[200].content['application/json'].schema.required, ['role']);
    const dry = put.parameters.find(({ name }: { name: string }) => name === 'dry');
    assert.deepEqual(dry, {
      name: 'dry',
      in: 'query',
      required: false,
      description: 'Change nothing',
      schema: { default: 'false', type: 'string', enum: ['true', 'false'] },
    });
    assert.ok(put.responses[200].headers['Account-Sequence']);
  });

  it('shows forms, optional bodies and pages, even if a problem has the same status as a response', () => {
    const { requestBody, responses } = document.paths['/verify/{token}'].post;
    assert.equal(requestBody.required, false);
    assert.deepEqual(Object.keys(requestBody.content), [
      'application/json',
      'application/x-www-form-urlencoded',
    ]);
    assert.deepEqual(Object.keys(responses[200].content), ['application/json', 'text/html']);
    assert.deepEqual(Object.keys(responses[400].content), ['text/html', 'application/problem+json']);
    assert.match(responses[400].description, /^A page that says why not\n\n.*`validation_failed`/);
  });

  it('contains no internal options of a route', () => {
    assert.doesNotMatch(JSON.stringify(document), /secretPath|problemPage|hidden/);
  });
});
