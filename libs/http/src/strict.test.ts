import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { makeObjectSchemasStrict } from './strict.ts';

const inner = z.object({ a: z.string() });
const good = { a: 'x' };
const bad = { a: 'x', b: 1 };

describe('a strict schema', () => {
  for (const [where, schema, wrap] of [
    ['at the top', inner, (value: unknown) => value],
    ['in a field', z.object({ f: inner }), (value: unknown) => ({ f: value })],
    ['in an optional field', z.object({ f: inner.optional() }), (value: unknown) => ({ f: value })],
    ['in a nullable field', z.object({ f: inner.nullable() }), (value: unknown) => ({ f: value })],
    ['in a defaulted field', z.object({ f: inner.default({ a: '' }) }), (value: unknown) => ({ f: value })],
    ['in an array', z.array(inner), (value: unknown) => [value]],
    ['in a record', z.record(z.string(), inner), (value: unknown) => ({ k: value })],
    ['in a union', z.union([z.string(), inner]), (value: unknown) => value],
    [
      'in a discriminated union',
      z.discriminatedUnion('a', [z.object({ a: z.literal('x') })]),
      (value: unknown) => value,
    ],
    ['before a transform', inner.transform((value) => value.a), (value: unknown) => value],
    ['behind a preprocessing', z.preprocess((value) => value, inner), (value: unknown) => value],
  ] as const) {
    it(`refuses an unknown field ${where}`, () => {
      const strict = makeObjectSchemasStrict(schema);
      assert.equal(strict.safeParse(wrap(good)).success, true);
      assert.equal(strict.safeParse(wrap(bad)).success, false);
      assert.equal(schema.safeParse(wrap(bad)).success, true, 'the schema itself stays as it was');
    });
  }

  it('keeps its own rules and descriptions', () => {
    const equal = z.object({ a: z.string(), b: z.string() }).refine(({ a, b }) => a === b, 'must be equal');
    const strict = makeObjectSchemasStrict(equal.describe('A pair'));
    assert.equal(strict.safeParse({ a: '1', b: '2' }).error?.issues[0]?.message, 'must be equal');
    assert.equal(strict.description, 'A pair');
  });

  it('leaves an object loose that was declared as loose', () => {
    assert.deepEqual(makeObjectSchemasStrict(z.looseObject({ a: z.string() })).parse(bad), bad);
  });
});
