import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findIncompatibilities, type Schema, type SchemaUse } from './compare.ts';
import { findOpenApiIncompatibilities, type OpenApi } from './openapi.ts';

const both = { reads: true, writes: true };
const reads = { reads: true, writes: false };
const writes = { reads: false, writes: true };

const text = { type: 'string' };
const role = { type: 'string', enum: ['user', 'admin'] };
const person = {
  anyOf: [{ type: 'object', properties: { email: text }, required: ['email'] }, { type: 'null' }],
};
const event: Schema = {
  type: 'object',
  properties: { userId: text, role, locale: text, person, tags: { type: 'array', items: text } },
  required: ['userId', 'role'],
};

function faults(after: Schema, use: SchemaUse = both): readonly string[] {
  function resolve(): Schema {
    return {};
  }
  return findIncompatibilities({ schema: event, resolve }, { schema: after, resolve }, use);
}

function withField(name: string, field: Schema): Schema {
  return { ...event, properties: { ...event.properties, [name]: field } };
}

describe('an event', () => {
  test('may stay as it is, get an optional field, and other bounds', () => {
    assert.deepEqual(faults(event), []);
    assert.deepEqual(faults(withField('reason', text)), []);
    assert.deepEqual(
      faults({ ...event, ...withField('locale', { type: 'string', maxLength: 5 } as Schema) }),
      [],
    );
  });

  test('may not lose a field, change its type, or what is required', () => {
    const { locale: _, ...rest } = event.properties ?? {};
    assert.deepEqual(faults({ ...event, properties: rest }), ['#/locale: it is gone']);
    assert.match(faults(withField('locale', { type: 'number' })).join(), /#\/locale: the type was "string"/);
    assert.match(
      faults(withField('tags', { type: 'array', items: role })).join(),
      /#\/tags\/items: the value/,
    );
    assert.match(faults({ ...event, required: ['userId'] }).join(), /#\/role: readers rely on it/);
    assert.match(faults({ ...event, required: ['userId', 'role', 'locale'] }).join(), /now required/);
  });

  test('may not get or lose a value', () => {
    assert.match(
      faults(withField('role', { type: 'string', enum: ['user'] })).join(),
      /"admin" is no longer/,
    );
    const more = withField('role', { type: 'string', enum: ['user', 'admin', 'owner'] });
    assert.match(faults(more).join(), /readers do not know the value "owner"/);
    assert.deepEqual(faults(more, writes), []);
    assert.deepEqual(faults(withField('role', { type: 'string', enum: ['user'] }), reads), []);
  });

  test('is compared in each alternative', () => {
    const [known, none] = person.anyOf;
    assert.ok(known !== undefined && none !== undefined);
    assert.match(faults(withField('person', { anyOf: [known] })).join(), /type "null" is gone/);
    const renamed = { type: 'object', properties: { mail: text }, required: ['mail'] };
    assert.match(
      faults(withField('person', { anyOf: [renamed, none] })).join(),
      /#\/person\/email: it is gone/,
    );
    assert.match(faults(withField('person', { anyOf: [known, none, text] })).join(), /new alternative/);
  });
});

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

describe('an API', () => {
  function api(of: {
    readonly path?: string;
    readonly parameter?: Parameter;
    readonly body?: Schema;
    readonly answer?: Schema;
    readonly status?: string;
  }): OpenApi {
    const { path = '/users', parameter, body = event, answer = event, status = '200' } = of;
    const json = (schema: Schema) => ({ 'application/json': { schema } });
    const post = {
      parameters: parameter === undefined ? [] : [parameter],
      requestBody: { required: true, content: json(body) },
      responses: { [status]: { content: json({ $ref: '#/components/schemas/User' }) }, 404: {} },
    };
    return { paths: { [path]: { post } }, components: { schemas: { User: answer } } };
  }

  test('may get operations, optional parameters and fields', () => {
    const added = { ...api({}), paths: { ...api({}).paths, '/other': api({}).paths['/users'] ?? {} } };
    assert.deepEqual(findOpenApiIncompatibilities(api({}), added), []);
    const parameter = { name: 'q', in: 'query', schema: text };
    assert.deepEqual(
      findOpenApiIncompatibilities(api({}), api({ parameter, answer: withField('more', text) })),
      [],
    );
  });

  test('may not lose an operation, or demand more of a client, or answer less', () => {
    const { role: _, ...rest } = event.properties ?? {};
    const q = { name: 'q', in: 'query', schema: role };
    const changes: readonly (readonly [before: OpenApi, after: OpenApi, fault: RegExp])[] = [
      [api({}), api({ path: '/people' }), /POST \/users: it is gone/],
      [api({}), api({ parameter: { ...q, required: true } }), /query q is now required/],
      [api({ parameter: q }), api({}), /query q is gone/],
      [
        api({}),
        api({ body: { ...event, required: ['userId', 'role', 'locale'] } }),
        /body.*locale.*now required/,
      ],
      [api({}), api({ answer: { ...event, properties: rest } }), /200.*role: it is gone/],
      [api({}), api({ status: '201' }), /no longer answers 200/],
    ];
    for (const [before, after, fault] of changes)
      assert.match(findOpenApiIncompatibilities(before, after).join('; '), fault);
  });
});
