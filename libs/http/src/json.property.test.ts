import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { parseJson } from './json.ts';

function parse(text: string) {
  return parseJson(Buffer.from(text));
}
function messageOf(text: string): string | undefined {
  const parsed = parse(text);
  return 'fault' in parsed ? parsed.fault.message : undefined;
}
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Generates values that JSON can represent and that satisfy Latchkey's rules for input. */
const value = fc
  .jsonValue({ maxDepth: 8 })
  .filter((json) => !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(json)));

describe('JSON from strangers', () => {
  it('is read as JSON.parse reads it, however it is spaced', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t', '\n \r'), (json, space) => {
        const text = JSON.stringify(json, null, space);
        assert.deepEqual(parse(text), { value: JSON.parse(text) });
      }),
    );
  });

  it('is refused wherever JSON.parse refuses it, and never throws', () => {
    const plain = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"',
      '\\',
      '1',
      '-',
      '0',
      '01',
      '.5',
      '1e5',
      '1E',
    ];
    const odd = [
      'true',
      'fals',
      ' ',
      '\n',
      '\u00a0',
      '\ufeff',
      '"\t"',
      '"\\x"',
      '"\\u12"',
      '"\u2028"',
      '//',
      "'a'",
      'NaN',
    ];
    const fragments = fc.constantFrom(...plain, ...odd);
    const text = fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (json) => {
        const message = messageOf(json);
        const ours = message !== undefined && /same key|is nested/.test(message);
        assert.equal(message === undefined || ours, isJson(json.replace(/^\ufeff/, '')));
      }),
      { numRuns: chooseRunCount({ some: 1500, all: 5000 }) },
    );
  });

  it('is refused in whatever place it is cut off', () => {
    const text = '{"name":"A\\u0064a \\"x","list":[1.5e3,{"b":null,"c":true}]}';
    for (let end = 1; end < text.length; end += 1) {
      assert.match(
        messageOf(text.slice(0, end)) ?? '',
        /^is incomplete JSON, at character \d+$/,
        text.slice(0, end),
      );
    }
  });

  it('reports the position at which it stops being JSON, and never quotes the text there', () => {
    assert.equal(messageOf('{"password":hunter2}'), 'is not valid JSON, at character 13');
    assert.equal(messageOf('{"a":1} x'), 'has content after the end of the JSON, at character 9');
  });

  it('may nest 20 levels, not 21', () => {
    function nested(levels: number): string {
      return '['.repeat(levels) + ']'.repeat(levels);
    }
    assert.equal(messageOf(nested(20)), undefined);
    assert.equal(messageOf(nested(21)), 'is nested deeper than 20 levels, at character 21');
  });

  it('may have a key twice only in different objects', () => {
    assert.equal(messageOf('{"a":{"a":1},"b":[{"a":1},{"a":1}]}'), undefined);
    assert.equal(messageOf('{"a":{"b":1,"b":2}}'), 'has the same key twice in one object, at character 13');
    assert.match(messageOf('{"a":1,"\\u0061":2}') ?? '', /same key twice/);
  });

  for (const [what, text, pointer] of [
    ['NUL', '{"a":["x","y\\u0000"]}', '#/a/1'],
    ['a lone high surrogate', '{"a/b":{"c~d":"\\ud800"}}', '#/a~1b/c~0d'],
    ['a lone low surrogate', '"\\udc00x"', '#'],
    ['NUL in the name of a field', '{"a":{"\\u0000":1}}', '#/a'],
  ] as const) {
    it(`is refused with ${what}, and where it is`, () => {
      const parsed = parse(text);
      assert.equal('fault' in parsed && parsed.fault.pointer, pointer);
    });
  }

  it('may hold whole surrogate pairs, however they are written', () => {
    assert.deepEqual(parse('"\\ud83d\\ude00"'), { value: '😀' });
  });

  it('is refused if it is not UTF-8', () => {
    const parsed = parseJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]));
    assert.deepEqual(parsed, { fault: { pointer: '#', code: 'malformed', message: 'is not valid UTF-8' } });
  });
});
