import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  accountVerifiedEvent,
  createRecordWithData,
  createRecordWithHeaders,
  createRecordWithKey,
  createRecordWithValue,
  OTHER_USER_ID,
  TEST_USER_ID,
  toRawRecord,
} from '../test/records.ts';
import { decode, encode, type LatchkeyEvent, MAX_EVENT_BYTES, type RawRecord } from './index.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Returns an event whose data is approximately `bytes` bytes of JSON. */
function sized(bytes: number): LatchkeyEvent {
  function event(sealed: string): LatchkeyEvent {
    const verification = { sealed, expiresAt: accountVerifiedEvent.time };
    return {
      ...accountVerifiedEvent,
      type: 'VerificationRequested',
      data: { userId: TEST_USER_ID, locale: 'en', person: null, verification },
    };
  }
  return event('x'.repeat(1 + bytes - encode(event('x')).value.length));
}

describe('an encoded event', () => {
  it('is a CloudEvent in Kafka binary mode: JSON as value, attributes as ce_ headers, content-type without prefix', () => {
    const { topic, key, value, headers } = encode(accountVerifiedEvent);
    assert.equal(topic, 'accounts.events.v1');
    assert.equal(key, `${TEST_USER_ID}/42`);
    assert.deepEqual(JSON.parse(value.toString('utf8')), accountVerifiedEvent.data);
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: accountVerifiedEvent.id,
      ce_type: 'AccountVerified',
      ce_source: '/latchkey/auth',
      ce_subject: TEST_USER_ID,
      ce_time: '2026-01-01T09:30:00.000Z',
      ce_dataschema: 'urn:latchkey:event:AccountVerified:1',
      ce_sequence: '0000000042',
      ce_correlationid: 'request-1',
      ce_causationid: 'command-1',
    });
  });

  it('names its attributes in lower-case letters and digits, as CloudEvents demands', () => {
    for (const name of Object.keys(encode({ ...accountVerifiedEvent, traceparent }).headers)) {
      assert.match(name, /^(?:content-type|traceparent|ce_[a-z0-9]{1,20})$/);
    }
  });

  it('carries header text as UTF-8, never percent-encoded', () => {
    const event = { ...accountVerifiedEvent, correlationId: 'für Ada 100 %20 €' };
    assert.equal(encode(event).headers['ce_correlationid'], 'für Ada 100 %20 €');
    assert.deepEqual(decode(toRawRecord(event)), { kind: 'event', event });
  });

  it('carries the trace context if there is one', () => {
    assert.equal(encode({ ...accountVerifiedEvent, traceparent }).headers['traceparent'], traceparent);
  });

  it('goes without a malformed trace context', () => {
    assert.equal(
      'traceparent' in encode({ ...accountVerifiedEvent, traceparent: 'nonsense' }).headers,
      false,
    );
  });

  it('of a mailing goes to the topic of mailings, keyed by the mailing', () => {
    const data = {
      mailingId: TEST_USER_ID,
      template: 'welcome',
      requestedBy: OTHER_USER_ID,
      person: null,
    } as const;
    const { topic, key } = encode({ ...accountVerifiedEvent, type: 'MailRequested', data });
    assert.deepEqual({ topic, key }, { topic: 'mailings.events.v1', key: TEST_USER_ID });
  });

  it('leaves out what its schema does not declare, so that nothing private slips through', () => {
    const data = {
      ...accountVerifiedEvent.data,
      passwordHash: 'secret',
      person: { email: 'a@b.c', username: 'ada', token: 'secret' },
    };
    const { value } = encode({ ...accountVerifiedEvent, data } as LatchkeyEvent);
    assert.equal(value.includes('secret'), false);
  });

  it('is refused over 256 KiB, and not a byte earlier', () => {
    assert.equal(encode(sized(MAX_EVENT_BYTES)).value.length, MAX_EVENT_BYTES);
    assert.throws(() => encode(sized(MAX_EVENT_BYTES + 1)), RangeError);
  });

  it('is refused if data and envelope have different subjects', () => {
    assert.throws(() => encode({ ...accountVerifiedEvent, subject: OTHER_USER_ID }), RangeError);
  });

  const broken: Readonly<Record<string, object>> = {
    'an id that is no UUID': { id: '1' },
    'sequence 0': { sequence: 0 },
    'half a sequence': { sequence: 1.5 },
    'a sequence of eleven digits': { sequence: 10_000_000_000 },
    'a time without zone': { time: '2026-01-01T09:30:00' },
    'a correlation id with a line break': { correlationId: 'a\r\nb' },
    'an empty causation id': { causationId: '' },
    'data that breaks its schema': { data: { userId: TEST_USER_ID, locale: 'en' } },
  };
  for (const [fault, fields] of Object.entries(broken)) {
    it(`is refused with ${fault}`, () => {
      assert.throws(() => encode({ ...accountVerifiedEvent, ...fields } as LatchkeyEvent), {
        name: 'ZodError',
      });
    });
  }
});

function decodes(record: RawRecord): void {
  assert.deepEqual(decode(record), { kind: 'event', event: accountVerifiedEvent });
}

function undecodable(record: RawRecord, cause: string): void {
  assert.deepEqual(decode(record), { kind: 'undecodable', subject: TEST_USER_ID, cause });
}

describe('decoding', () => {
  it('gives back what was encoded', () => decodes(toRawRecord(accountVerifiedEvent)));

  it('takes headers that are text already', () =>
    decodes({ ...toRawRecord(accountVerifiedEvent), headers: encode(accountVerifiedEvent).headers }));

  it('takes a content type that names its charset', () => {
    decodes(createRecordWithHeaders({ 'content-type': 'application/json; charset=UTF-8' }));
  });

  it('ignores headers and fields that it does not know', () => {
    decodes(
      createRecordWithHeaders({ ce_partitionkey: 'x', another: [Buffer.from('1'), Buffer.from([0xff])] }),
    );
    decodes(createRecordWithData({ since: 'v1.1' }));
  });

  it('drops a malformed or repeated trace context and keeps the event', () => {
    decodes(createRecordWithHeaders({ traceparent: 'nonsense' }));
    decodes(createRecordWithHeaders({ traceparent: [Buffer.from(traceparent), Buffer.from(traceparent)] }));
    decodes(createRecordWithHeaders({ traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }));
  });

  it('accepts a person that has been erased', () => {
    const decoded = decode(createRecordWithData({ person: null }));
    assert.equal(
      decoded.kind === 'event' && decoded.event.type === 'AccountVerified' && decoded.event.data.person,
      null,
    );
  });
});

describe('a record without a usable key', () => {
  const keys: Readonly<Record<string, Buffer | null>> = {
    'no key': null,
    'an empty key': Buffer.alloc(0),
    'a key that is no UUID': Buffer.from('ada@example.com'),
    'a key that is not UTF-8': Buffer.from([0xff, 0xfe]),
    'a UUID with something behind it': Buffer.from(`${TEST_USER_ID}\n`),
    'a UUID behind a byte order mark': Buffer.from(`\uFEFF${TEST_USER_ID}`),
    'the sixteen bytes of a UUID': Buffer.from(TEST_USER_ID.replaceAll('-', ''), 'hex'),
  };
  for (const [title, key] of Object.entries(keys)) {
    it(`is unusable: ${title}`, () => {
      assert.deepEqual(decode(createRecordWithKey(key)), { kind: 'unusable', cause: 'key is not a UUID' });
    });
  }
});

describe('a record with a usable key is undecodable', () => {
  for (const name of Object.keys(encode(accountVerifiedEvent).headers)) {
    it(`without ${name}`, () =>
      undecodable(createRecordWithHeaders({ [name]: undefined }), `bad header: ${name}`));
    it(`with ${name} repeated`, () => {
      const value = toRawRecord(accountVerifiedEvent).headers[name];
      assert.ok(Buffer.isBuffer(value));
      undecodable(createRecordWithHeaders({ [name]: [value, value] }), `bad header: ${name}`);
    });
    it(`with ${name} in bytes that are not UTF-8`, () => {
      undecodable(createRecordWithHeaders({ [name]: Buffer.from([0x61, 0xc3]) }), `bad header: ${name}`);
    });
    it(`with ${name} empty`, () =>
      undecodable(createRecordWithHeaders({ [name]: '' }), `bad header: ${name}`));
  }

  const badHeaders: readonly (readonly [string, string])[] = [
    ['content-type', 'application/cloudevents+json'],
    ['content-type', 'text/plain'],
    ['ce_specversion', '0.3'],
    ['ce_source', '/somebody/else'],
    ['ce_time', 'yesterday'],
    ['ce_time', '2026-01-01T09:30:00+01:00'],
    ['ce_sequence', '42'],
    ['ce_sequence', '0000000000'],
    ['ce_sequence', '-000000042'],
    ['ce_dataschema', 'urn:latchkey:event:AccountVerified'],
    ['ce_dataschema', 'urn:latchkey:event:AccountVerified:0'],
    ['ce_dataschema', 'urn:latchkey:event:AccountVerified:01'],
    ['ce_correlationid', 'a\0b'],
    ['ce_correlationid', 'a\ud800'],
    ['ce_causationid', 'x'.repeat(257)],
  ];
  for (const [name, value] of badHeaders) {
    it(`with ${name} ${JSON.stringify(value).slice(0, 60)}`, () => {
      undecodable(createRecordWithHeaders({ [name]: value }), `bad header: ${name}`);
    });
  }

  it('where key and ce_subject differ', () => {
    assert.deepEqual(decode(createRecordWithKey(Buffer.from(OTHER_USER_ID))), {
      kind: 'undecodable',
      subject: OTHER_USER_ID,
      cause: 'ce_subject is not the key',
    });
  });

  it('where the data is of another account', () =>
    undecodable(createRecordWithData({ userId: OTHER_USER_ID }), 'userId is not the key'));

  it('where the schema is of another type', () => {
    undecodable(
      createRecordWithHeaders({ ce_dataschema: 'urn:latchkey:event:RoleChanged:1' }),
      'ce_dataschema is of another type than ce_type',
    );
  });

  it('in a version of a known type that this build does not know', () => {
    undecodable(
      createRecordWithHeaders({ ce_dataschema: 'urn:latchkey:event:AccountVerified:2' }),
      'unknown version 2 of AccountVerified',
    );
  });

  it('without a value', () => undecodable(createRecordWithValue(null), 'no value'));
  it('with a byte order mark before its JSON (RFC 8259 § 8.1 forbids to write one)', () => {
    undecodable(
      createRecordWithValue(`\uFEFF${JSON.stringify(accountVerifiedEvent.data)}`),
      'value is not JSON',
    );
  });
  it('with an empty value', () => undecodable(createRecordWithValue(''), 'value is not JSON'));
  it('with truncated JSON', () =>
    undecodable(createRecordWithValue('{"userId":"ada@example.com'), 'value is not JSON'));
  it('with a value that is not UTF-8', () =>
    undecodable(createRecordWithValue(Buffer.from([0x22, 0xff, 0x22])), 'value is not UTF-8'));
  it('with a value over 256 KiB', () => {
    undecodable(
      createRecordWithData({ more: 'x'.repeat(MAX_EVENT_BYTES) }),
      `value over ${MAX_EVENT_BYTES} bytes`,
    );
  });
  it('with JSON nested as deep as it fits', () => {
    undecodable(
      createRecordWithValue('['.repeat(MAX_EVENT_BYTES / 2) + ']'.repeat(MAX_EVENT_BYTES / 2)),
      'data invalid_type',
    );
  });
  it('with JSON that is no object', () => undecodable(createRecordWithValue('[]'), 'data invalid_type'));
  it('with an operator in place of a text', () => {
    undecodable(createRecordWithData({ locale: { $ne: null } }), 'data.locale invalid_type');
  });
  it('with a person without an address, with the path but never the value', () => {
    undecodable(
      createRecordWithData({ person: { username: 'ada', email: 7 } }),
      'data.person.email invalid_type',
    );
  });
  it('with a hundred flaws, of which the message names the first', () => {
    const data = {
      mailingId: TEST_USER_ID,
      template: 'welcome',
      requestedBy: OTHER_USER_ID,
      person: null,
    } as const;
    const mailing = toRawRecord({ ...accountVerifiedEvent, type: 'MailRequested', data });
    const recipients = Array.from({ length: 100 }, () => 1);
    const value = Buffer.from(JSON.stringify({ ...data, person: { recipients } }));
    const decoded = decode({ ...mailing, value });
    assert.ok(decoded.kind === 'undecodable');
    const { cause } = decoded;
    assert.match(cause, /^data\.person\.recipients\.0 invalid_type, .+, and 95 more$/);
    assert.ok(cause.length < 300);
  });
});

describe('dangerous keys in JSON', () => {
  it('of operators and prototypes are dropped', () => {
    const smuggled = JSON.stringify(accountVerifiedEvent.data).replace(
      /^\{/,
      '{"__proto__":{"admin":true},"constructor":{"prototype":{}},"$set":{"role":"admin"},',
    );
    const decoded = decode(createRecordWithValue(smuggled));
    assert.deepEqual(decoded, { kind: 'event', event: accountVerifiedEvent });
    assert.equal(decoded.kind === 'event' && Object.getPrototypeOf(decoded.event.data), Object.prototype);
    assert.equal('admin' in {}, false);
  });
});

describe('an event of a type that this build does not know', () => {
  function unknown(type: string): RawRecord {
    return createRecordWithHeaders({ ce_type: type, ce_dataschema: `urn:latchkey:event:${type}:1` });
  }
  const { type: _type, data: _data, ...envelope } = accountVerifiedEvent;

  for (const type of ['AccountMerged', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`is recognised as unknown, with its envelope: ${type}`, () => {
      assert.deepEqual(decode(unknown(type)), { kind: 'unknown-type', type, envelope });
    });
  }

  it('whatever its value is', () => {
    assert.equal(decode({ ...unknown('AccountMerged'), value: Buffer.from([0xff]) }).kind, 'unknown-type');
  });

  it('but not with broken headers', () => {
    const record = unknown('AccountMerged');
    const headers = { ...record.headers, ce_sequence: undefined };
    assert.equal(decode({ ...record, headers }).kind, 'undecodable');
  });
});
