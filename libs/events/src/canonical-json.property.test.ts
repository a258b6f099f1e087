import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, canonicalJsonWithout } from './canonical-json.ts';

/**
 * Names and strings that implementations easily get wrong: they need escapes, have a special meaning in
 * JavaScript, or sort unexpectedly.
 */
const awkward = fc.constantFrom(
  '__proto__',
  'constructor',
  'toJSON',
  'length',
  '',
  '10',
  '9',
  '-1',
  '\u0000',
  '\u001f',
  '\u007f',
  '"',
  '\\',
  '/',
  '\u2028',
  '\u20ac',
  '\ud83d\ude00',
  '\ufb33',
);
const text = fc.oneof(awkward, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(-0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, 0.1 + 0.2),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.array(fc.tuple(text, tie('json')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Returns the value with the keys of its objects in the opposite order. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([name, member]) => [name, reversed(member)]));
}

describe('the canonical form', () => {
  it('has the same bytes as that of the library, for any JSON', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.equal(canonicalJson(value), canonicalize(value));
      }),
      { numRuns: chooseRunCount({ some: 1000, all: 5000 }) },
    );
  });

  it('has the same bytes as that of the library, for objects with many members', () => {
    const names = fc.uniqueArray(fc.oneof(awkward, fc.string({ unit: 'grapheme' })), {
      minLength: 12,
      maxLength: 40,
    });
    fc.assert(
      fc.property(names, (given) => {
        const value = Object.fromEntries(given.map((name, index) => [name, index]));
        assert.equal(canonicalJson(value), canonicalize(value));
      }),
    );
  });

  it('of an object without a member is that of the other members', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, json), { maxLength: 6 }), fc.nat(), (entries, pick) => {
        const omitted = entries[pick % Math.max(1, entries.length)]?.[0] ?? 'person';
        const others = entries.filter(([name]) => name !== omitted);
        assert.equal(
          canonicalJsonWithout(Object.fromEntries(entries), omitted),
          canonicalize(Object.fromEntries(others)),
        );
      }),
      { numRuns: chooseRunCount({ some: 300, all: 1000 }) },
    );
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.equal(canonicalJson(reversed(value)), canonicalJson(value));
      }),
      { numRuns: chooseRunCount({ some: 300, all: 1000 }) },
    );
  });

  it('of values that were parsed is the same as that of the library, also for keys that are repeated', () => {
    const texts = [
      '{"a":1,"a":2}',
      '{"__proto__":{"role":"admin"},"role":"user"}',
      '{"10":1,"9":2,"a":3}',
      '[1e21,1E-7,-0,0.10,1e+2,333333333.33333329,4.50,2e-3]',
      '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
    ];
    for (const each of texts) {
      const parsed: unknown = JSON.parse(each);
      assert.equal(canonicalJson(parsed), canonicalize(parsed));
    }
    assert.equal(canonicalJson(JSON.parse('{"a":1,"a":2}')), '{"a":2}');
    assert.equal(canonicalJson(JSON.parse('{"b":0,"__proto__":1}')), '{"__proto__":1,"b":0}');
    assert.equal(canonicalJson(JSON.parse('[1e21,-0]')), '[1e+21,0]');
  });

  it('omits members that are undefined, as JSON.stringify does', () => {
    assert.equal(canonicalJson({ b: undefined, a: 1 }), '{"a":1}');
  });

  it('does not exist for lone surrogates, in texts and in names', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\ud800', '\udfff', '\ude00\ud83d'),
        (before, lone) => {
          const broken = `${before}|${lone}|`;
          for (const value of [broken, [broken], { [broken]: 1 }, { a: { b: broken } }]) {
            assert.throws(() => canonicalJson(value), TypeError);
            assert.throws(() => canonicalize(value));
          }
        },
      ),
    );
  });

  it('does not exist for values that JSON does not have', () => {
    const strange = [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      JSON.parse('1e400'),
      1n,
      Symbol('s'),
      () => 1,
      new Date(0),
      new Map(),
      Buffer.from('a'),
    ];
    for (const value of strange) {
      assert.throws(() => canonicalJson(value), TypeError);
      assert.throws(() => canonicalJson([value]), TypeError);
      if (value !== undefined) assert.throws(() => canonicalJson({ value }), TypeError);
    }
  });

  it('of a value that is nested too deeply is an error, not a crash', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    assert.throws(() => canonicalJson(deep), RangeError);
  });
});
