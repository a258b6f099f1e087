import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import {
  type KafkajsHeader,
  type KafkajsHeaderDecoder,
  patchKafkajsHeaderDecoder,
} from './patch-header-decoder.ts';

const Decoder: new (bytes: Buffer) => KafkajsHeaderDecoder = createRequire(import.meta.url)(
  'kafkajs/src/protocol/decoder.js',
);
patchKafkajsHeaderDecoder();
const x = Buffer.from('x');

/** Decodes headers as kafkajs does for a record. */
function decodeHeaders(headers: readonly KafkajsHeader[]): object {
  const rest = headers.toReversed();
  const read = new Decoder(varInt(headers.length)).readVarIntArray(
    () => rest.pop() ?? assert.fail('read past the last header'),
  );
  // kafkajs passes a reducer that copies the object for each header. The patched decoder must not call this
  // reducer.
  return read.reduce<object>(() => assert.fail('copied'), {});
}

/**
 * Encodes a length as records do: zigzag, seven bits per byte
 * (https://kafka.apache.org/protocol#protocol_types).
 */
function varInt(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length * 2;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

test('decodes the headers of a record to an object, repeated ones to a list in order', () => {
  const y = Buffer.from('y');
  const headers = [
    { key: 'a', value: x },
    { key: 'b', value: null },
    { key: 'c', value: x },
    { key: 'c', value: null },
    { key: 'c', value: y },
  ];
  assert.deepEqual(decodeHeaders(headers), { a: x, b: null, c: [x, null, y] });
  assert.deepEqual(decodeHeaders([]), {});
});

test('accepts headers named like members of Object.prototype', () => {
  const names = ['constructor', 'toString', '__proto__'];
  const headers = decodeHeaders(names.map((key) => ({ key, value: x })));
  assert.deepEqual(Object.entries(headers).toSorted(), names.map((name) => [name, x]).toSorted());
  assert.equal(Object.getPrototypeOf(headers), Object.prototype);
});

test('decodes 150,000 headers in linear time', { timeout: 120_000 }, () => {
  const many = Array.from({ length: 150_000 }, (_, n) => ({ key: `junk-${n}`, value: x }));
  assert.equal(Object.keys(decodeHeaders(many)).length, many.length);
});
