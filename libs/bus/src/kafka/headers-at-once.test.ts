import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gatherHeadersAtOnce, type Header, type HeaderDecoder } from './headers-at-once.ts';

const Decoder: new (bytes: Buffer) => HeaderDecoder = createRequire(import.meta.url)(
  'kafkajs/src/protocol/decoder.js',
);
gatherHeadersAtOnce();
const x = Buffer.from('x');

/** What kafkajs makes of headers that come with a record. */
function made(headers: readonly Header[]): object {
  const rest = headers.toReversed();
  const read = new Decoder(varInt(headers.length)).readVarIntArray(
    () => rest.pop() ?? assert.fail('more headers were read than there are'),
  );
  // As its decoder of records does it, which copies everything for each header.
  return read.reduce<object>(() => assert.fail('copied'), {});
}

/** A length as records have it: zigzag, seven bits a byte (https://kafka.apache.org/protocol#protocol_types). */
function varInt(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length * 2;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

test('the headers of a record become an object, those that came more than once a list in order', () => {
  const y = Buffer.from('y');
  const headers = [
    { key: 'a', value: x },
    { key: 'b', value: null },
    { key: 'c', value: x },
    { key: 'c', value: null },
    { key: 'c', value: y },
  ];
  assert.deepEqual(made(headers), { a: x, b: null, c: [x, null, y] });
  assert.deepEqual(made([]), {});
});

test('a header may be called as a member of every object is', () => {
  const names = ['constructor', 'toString', '__proto__'];
  const headers = made(names.map((key) => ({ key, value: x })));
  assert.deepEqual(Object.entries(headers).toSorted(), names.map((name) => [name, x]).toSorted());
  assert.equal(Object.getPrototypeOf(headers), Object.prototype);
});

test('as many headers as a record has room for take no more than a moment', { timeout: 10_000 }, () => {
  const many = Array.from({ length: 150_000 }, (_, n) => ({ key: `junk-${n}`, value: x }));
  assert.equal(Object.keys(made(many)).length, many.length);
});
