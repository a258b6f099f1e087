import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import type { OutgoingRecord } from '../bus.ts';
import { deserializeHeaders, serializeHeaders } from './headers.ts';

const value = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
);
const name = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'valueOf', '1', ''), fc.string());
const headers: fc.Arbitrary<OutgoingRecord['headers']> = fc
  .array(fc.tuple(name, fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 3 }))), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));

/** Returns each value of each header, in hexadecimal digits. */
function hexOf(given: OutgoingRecord['headers']): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(given).map(([each, values]) => [
    each,
    [values].flat().map((one) => Buffer.from(one).toString('hex')),
  ]);
}

describe('headers of the embedded log', () => {
  it('have the same names and bytes after they were stored, in the same order', () => {
    fc.assert(
      fc.property(headers, (given) => {
        const restored = deserializeHeaders(serializeHeaders(given));
        assert.deepEqual(hexOf(restored), hexOf(given));
        assert.equal(Object.getPrototypeOf(restored), Object.prototype);
      }),
      { numRuns: chooseRunCount({ some: 300, all: 1000 }) },
    );
  });

  it('are strings if they are ASCII text, and buffers otherwise', () => {
    const bytes = Buffer.from([0x80]);
    const stored = serializeHeaders({ text: '\u0000 ~\u007f', ascii: Buffer.from('a'), umlaut: 'ä', bytes });
    assert.deepEqual(deserializeHeaders(stored), {
      text: '\u0000 ~\u007f',
      ascii: 'a',
      umlaut: Buffer.from('ä'),
      bytes,
    });
  });
});
