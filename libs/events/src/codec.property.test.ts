import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { createEventArbitrary } from '../test/event-arbitrary.ts';
import { toRawRecord } from '../test/records.ts';
import { decode, encode, eventTypes, type RawRecord, subjectOfKey } from './index.ts';

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));
const json = fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text));
const names = [
  ...Object.keys(
    toRawRecord(fc.sample(createEventArbitrary(), { numRuns: 1, seed: 1 })[0] ?? assert.fail()).headers,
  ),
  'traceparent',
  '__proto__',
  '$set',
];
const headerValue = fc.oneof(
  bytes,
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(bytes, fc.string()), { maxLength: 3 }),
  fc.constant(undefined),
);
const anyHeaders = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), headerValue);

/**
 * A valid record with some parts replaced by arbitrary values. A record that consists only of random bytes
 * would always fail at the first check.
 */
const damaged: fc.Arbitrary<RawRecord> = fc
  .record({
    event: createEventArbitrary(),
    key: fc.option(
      fc.oneof(
        bytes,
        fc.uuid().map((text) => Buffer.from(text)),
        fc.constant(null),
      ),
      { nil: undefined },
    ),
    value: fc.option(fc.oneof(bytes, json, fc.constant(null)), { nil: undefined }),
    headers: fc.option(anyHeaders, { nil: undefined }),
  })
  .map(({ event, key, value, headers }) => {
    const record = toRawRecord(event);
    return {
      key: key === undefined ? record.key : key,
      value: value === undefined ? record.value : value,
      headers: { ...record.headers, ...headers },
    };
  });

const noise: fc.Arbitrary<RawRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(fc.oneof(bytes, json)),
  headers: anyHeaders,
});

const truncated: fc.Arbitrary<RawRecord> = fc
  .tuple(createEventArbitrary(), fc.double({ min: 0, max: 0.999, noNaN: true }))
  .map(([event, part]) => {
    const record = toRawRecord(event);
    const value = record.value ?? assert.fail();
    return { ...record, value: value.subarray(0, Math.floor(value.length * part)) };
  });

describe('the codec, for arbitrary events and records', () => {
  for (const type of eventTypes) {
    it(`gives back every ${type} as it was encoded`, () => {
      fc.assert(
        fc.property(createEventArbitrary([type]), (event) => {
          assert.deepEqual(decode(toRawRecord(event)), { kind: 'event', event });
        }),
      );
    });
  }

  it('orders sequences as text as it orders them as numbers', () => {
    fc.assert(
      fc.property(createEventArbitrary(), createEventArbitrary(), (one, other) => {
        function text(event: typeof one) {
          return encode(event).headers['ce_sequence'] ?? '';
        }
        assert.equal(text(one) < text(other), one.sequence < other.sequence);
      }),
    );
  });

  it('never throws, whatever bytes come, and tells the subject wherever the key is usable', () => {
    fc.assert(
      fc.property(fc.oneof(noise, damaged), (record) => {
        const decoded = decode(record);
        const key = subjectOfKey(record.key);
        if (decoded.kind === 'event') assert.equal(decoded.event.subject, key);
        else if (decoded.kind === 'unknown-type') assert.equal(decoded.envelope.subject, key);
        else if (decoded.kind === 'undecodable') assert.equal(decoded.subject, key);
        else assert.match(decoded.cause, /key/);
      }),
      { numRuns: chooseRunCount({ some: 500, all: 2000 }) },
    );
  });

  it('takes no truncated value for an event', () => {
    fc.assert(fc.property(truncated, (record) => assert.equal(decode(record).kind, 'undecodable')));
  });
});
