import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findIncompatibleSchemaChanges } from './compare.ts';
import type { ComparedSchema, SchemaInDocument, SchemaUses } from './schema.ts';

const both = { reads: true, writes: true };
const reads = { reads: true, writes: false };
const writes = { reads: false, writes: true };

const text = { type: 'string' };
const role = { type: 'string', enum: ['user', 'admin'] };
const person = {
  anyOf: [{ type: 'object', properties: { email: text }, required: ['email'] }, { type: 'null' }],
};
const event: ComparedSchema = {
  type: 'object',
  properties: { userId: text, role, locale: text, person, tags: { type: 'array', items: text } },
  required: ['userId', 'role'],
};

function document(schema: ComparedSchema): SchemaInDocument {
  return { schema, resolve: () => ({}) };
}

function faults(after: ComparedSchema, use: SchemaUses = both): readonly string[] {
  return findIncompatibleSchemaChanges(document(event), document(after), use);
}

function withField(name: string, field: ComparedSchema): ComparedSchema {
  return { ...event, properties: { ...event.properties, [name]: field } };
}

describe('an event', () => {
  test('may stay as it is, or get an optional field', () => {
    assert.deepEqual(faults(event), []);
    assert.deepEqual(faults(withField('reason', text)), []);
  });

  test('may not refuse unknown fields or names, or change a default', () => {
    assert.match(
      faults({ ...event, additionalProperties: false }).join(),
      /other fields.* no longer allowed/,
    );
    assert.deepEqual(faults({ ...event, additionalProperties: false }, reads), []);
    const map = { additionalProperties: text };
    assert.match(faults(withField('person', map), both).join(), /#\/person/);
    const before = document({ ...map, propertyNames: { maxLength: 9 } });
    assert.deepEqual(findIncompatibleSchemaChanges(before, before, both), []);
    const numbers = document({ additionalProperties: { type: 'number' }, propertyNames: { maxLength: 8 } });
    assert.match(
      findIncompatibleSchemaChanges(before, numbers, both).join(),
      /#\/\*: the type.*the name.*maxLength/,
    );
    assert.match(faults(withField('locale', { ...text, default: 'en' })).join(), /was unset and is "en"/);
    assert.deepEqual(faults(withField('locale', { ...text, default: 'en' }), reads), []);
  });

  test('is compared with the schemas that allOf combines', () => {
    const { role: _, ...rest } = event.properties ?? {};
    assert.deepEqual(faults({ allOf: [event, { required: ['userId'] }] }), []);
    const narrowed = { properties: { locale: { maxLength: 5 } } };
    assert.match(
      faults({ allOf: [event, narrowed] }, writes).join(),
      /^#\/locale: maxLength was unset and is 5[^#]*$/,
    );
    assert.match(faults({ allOf: [{ ...event, properties: rest }, {}] }).join(), /#\/role: it is gone/);
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

describe('a bound', () => {
  function change(before: ComparedSchema, after: ComparedSchema, use: SchemaUses): boolean {
    return findIncompatibleSchemaChanges(document(before), document(after), use).length > 0;
  }

  const narrowed: readonly (readonly [wide: ComparedSchema, narrow: ComparedSchema])[] = [
    [{ maxLength: 32 }, { maxLength: 31 }],
    [{}, { maxLength: 32 }],
    [{ minLength: 3 }, { minLength: 4 }],
    [{ maximum: 100 }, { maximum: 5 }],
    [{ minimum: 0 }, { minimum: 1 }],
    [{ exclusiveMinimum: 0 }, { exclusiveMinimum: 1 }],
    [{ exclusiveMaximum: 9 }, { exclusiveMaximum: 8 }],
    [{ maxItems: 9 }, { maxItems: 8 }],
    [{}, { minItems: 1 }],
    [{ maxProperties: 9 }, { maxProperties: 8 }],
    [{}, { minProperties: 1 }],
    [{}, { pattern: '^a' }],
    [{}, { format: 'email' }],
    [{}, { multipleOf: 2 }],
    [{}, { uniqueItems: true }],
  ];

  for (const [wide, narrow] of narrowed)
    test(`may not become narrower for writers, or wider for readers: ${JSON.stringify(narrow)}`, () => {
      assert.deepEqual([change(wide, narrow, writes), change(wide, narrow, reads)], [true, false]);
      assert.deepEqual([change(narrow, wide, writes), change(narrow, wide, reads)], [false, true]);
      assert.equal(change(narrow, narrow, both), false);
    });

  test('that cannot be compared may not change', () => {
    for (const use of [reads, writes]) assert.ok(change({ pattern: '^a' }, { pattern: '^b' }, use));
  });
});
