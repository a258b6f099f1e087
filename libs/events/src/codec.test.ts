import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  accountVerified,
  OTHER,
  recordOfEvent,
  USER,
  withData,
  withHeaders,
  withKey,
  withValue,
} from '../test/records.ts';
import { decode, encode, type LatchkeyEvent, MAX_EVENT_BYTES, type RawRecord } from './index.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Returns an event whose JSON is approximately `bytes` bytes long. */
function sized(bytes: number): LatchkeyEvent {
  function event(sealed: string): LatchkeyEvent {
    const verification = { sealed, expiresAt: accountVerified.time };
    return {
      ...accountVerified,
      type: 'VerificationRequested',
      data: { userId: USER, locale: 'en', person: null, verification },
    };
  }
  return event('x'.repeat(1 + bytes - encode(event('x')).value.length));
}

describe('an encoded event', () => {
  it('is a CloudEvent in Kafka binary mode: JSON as value, attributes as ce_ headers, content-type without prefix', () => {
    const { topic, key, value, headers } = encode(accountVerified);
    assert.equal(topic, 'accounts.events.v1');
    assert.equal(key, `${USER}/42`);
    assert.deepEqual(JSON.parse(value.toString('utf8')), accountVerified.data);
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: accountVerified.id,
      ce_type: 'AccountVerified',
      ce_source: '/latchkey/auth',
      ce_subject: USER,
      ce_time: '2026-01-01T09:30:00.000Z',
      ce_dataschema: 'urn:latchkey:event:AccountVerified:1',
      ce_sequence: '0000000042',
      ce_correlationid: 'request-1',
      ce_causationid: 'command-1',
    });
  });

  it('names its attributes in lower-case letters and digits, as CloudEvents demands', () => {
    for (const name of Object.keys(encode({ ...accountVerified, traceparent }).headers)) {
      assert.match(name, /^(?:content-type|traceparent|ce_[a-z0-9]{1,20})$/);
    }
  });

  it('carries header text as UTF-8, never percent-encoded', () => {
    const event = { ...accountVerified, correlationId: 'für Ada 100 %20 €' };
    assert.equal(encode(event).headers['ce_correlationid'], 'für Ada 100 %20 €');
    assert.deepEqual(decode(recordOfEvent(event)), { kind: 'event', event });
  });

  it('carries the trace context if there is one', () => {
    assert.equal(encode({ ...accountVerified, traceparent }).headers['traceparent'], traceparent);
  });

  it('goes without a malformed trace context', () => {
    assert.equal('traceparent' in encode({ ...accountVerified, traceparent: 'nonsense' }).headers, false);
  });

  it('of a mailing goes to the topic of mailings, keyed by the mailing', () => {
    const data = { mailingId: USER, template: 'welcome', requestedBy: OTHER, person: null } as const;
    const { topic, key } = encode({ ...accountVerified, type: 'MailRequested', data });
    assert.deepEqual({ topic, key }, { topic: 'mailings.events.v1', key: USER });
  });

  it('leaves out what its schema does not declare, so that nothing private slips through', () => {
    const data = {
      ...accountVerified.data,
      passwordHash: 'secret',
      person: { email: 'a@b.c', username: 'ada', token: 'secret' },
    };
    const { value } = encode({ ...accountVerified, data } as LatchkeyEvent);
    assert.equal(value.includes('secret'), false);
  });

  it('is refused over 256 KiB, and not a byte earlier', () => {
    assert.equal(encode(sized(MAX_EVENT_BYTES)).value.length, MAX_EVENT_BYTES);
    assert.throws(() => encode(sized(MAX_EVENT_BYTES + 1)), RangeError);
  });

  it('is refused if data and envelope have different subjects', () => {
    assert.throws(() => encode({ ...accountVerified, subject: OTHER }), RangeError);
  });

  const broken: Readonly<Record<string, object>> = {
    'an id that is no UUID': { id: '1' },
    'sequence 0': { sequence: 0 },
    'half a sequence': { sequence: 1.5 },
    'a sequence of eleven digits': { sequence: 10_000_000_000 },
    'a time without zone': { time: '2026-01-01T09:30:00' },
    'a correlation id with a line break': { correlationId: 'a\r\nb' },
    'an empty causation id': { causationId: '' },
    'data that breaks its schema': { data: { userId: USER, locale: 'en' } },
  };
  for (const [fault, fields] of Object.entries(broken)) {
    it(`is refused with ${fault}`, () => {
      assert.throws(() => encode({ ...accountVerified, ...fields } as LatchkeyEvent), { name: 'ZodError' });
    });
  }
});

function decodes(record: RawRecord): void {
  assert.deepEqual(decode(record), { kind: 'event', event: accountVerified });
}

function undecodable(record: RawRecord, cause: string): void {
  assert.deepEqual(decode(record), { kind: 'undecodable', subject: USER, cause });
}

describe('decoding', () => {
  it('gives back what was encoded', () => decodes(recordOfEvent(accountVerified)));

  it('takes headers that are text already', () =>
    decodes({ ...recordOfEvent(accountVerified), headers: encode(accountVerified).headers }));

  it('takes a content type that names its charset', () => {
    decodes(withHeaders({ 'content-type': 'application/json; charset=UTF-8' }));
  });

  it('ignores headers and fields that it does not know', () => {
    decodes(withHeaders({ ce_partitionkey: 'x', another: [Buffer.from('1'), Buffer.from([0xff])] }));
    decodes(withData({ since: 'v1.1' }));
  });

  it('drops a malformed or repeated trace context and keeps the event', () => {
    decodes(withHeaders({ traceparent: 'nonsense' }));
    decodes(withHeaders({ traceparent: [Buffer.from(traceparent), Buffer.from(traceparent)] }));
    decodes(withHeaders({ traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }));
  });

  it('accepts a person that has been erased', () => {
    const decoded = decode(withData({ person: null }));
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
    'a UUID with something behind it': Buffer.from(`${USER}\n`),
    'a UUID behind a byte order mark': Buffer.from(`\uFEFF${USER}`),
    'the sixteen bytes of a UUID': Buffer.from(USER.replaceAll('-', ''), 'hex'),
  };
  for (const [title, key] of Object.entries(keys)) {
    it(`is unusable: ${title}`, () => {
      assert.deepEqual(decode(withKey(key)), { kind: 'unusable', cause: 'key is not a UUID' });
    });
  }
});

describe('a record with a usable key is undecodable', () => {
  for (const name of Object.keys(encode(accountVerified).headers)) {
    it(`without ${name}`, () => undecodable(withHeaders({ [name]: undefined }), `bad header: ${name}`));
    it(`with ${name} repeated`, () => {
      const value = recordOfEvent(accountVerified).headers[name];
      assert.ok(Buffer.isBuffer(value));
      undecodable(withHeaders({ [name]: [value, value] }), `bad header: ${name}`);
    });
    it(`with ${name} in bytes that are not UTF-8`, () => {
      undecodable(withHeaders({ [name]: Buffer.from([0x61, 0xc3]) }), `bad header: ${name}`);
    });
    it(`with ${name} empty`, () => undecodable(withHeaders({ [name]: '' }), `bad header: ${name}`));
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
      undecodable(withHeaders({ [name]: value }), `bad header: ${name}`);
    });
  }

  it('where key and ce_subject differ', () => {
    assert.deepEqual(decode(withKey(Buffer.from(OTHER))), {
      kind: 'undecodable',
      subject: OTHER,
      cause: 'ce_subject is not the key',
    });
  });

  it('where the data is of another account', () =>
    undecodable(withData({ userId: OTHER }), 'userId is not the key'));

  it('where the schema is of another type', () => {
    undecodable(
      withHeaders({ ce_dataschema: 'urn:latchkey:event:RoleChanged:1' }),
      'ce_dataschema is of another type than ce_type',
    );
  });

  it('in a version of a known type that this build does not know', () => {
    undecodable(
      withHeaders({ ce_dataschema: 'urn:latchkey:event:AccountVerified:2' }),
      'unknown version 2 of AccountVerified',
    );
  });

  it('without a value', () => undecodable(withValue(null), 'no value'));
  it('with a byte order mark before its JSON (RFC 8259 § 8.1 forbids to write one)', () => {
    undecodable(withValue(`\uFEFF${JSON.stringify(accountVerified.data)}`), 'value is not JSON');
  });
  it('with an empty value', () => undecodable(withValue(''), 'value is not JSON'));
  it('with truncated JSON', () => undecodable(withValue('{"userId":"ada@example.com'), 'value is not JSON'));
  it('with a value that is not UTF-8', () =>
    undecodable(withValue(Buffer.from([0x22, 0xff, 0x22])), 'value is not UTF-8'));
  it('with a value over 256 KiB', () => {
    undecodable(withData({ more: 'x'.repeat(MAX_EVENT_BYTES) }), `value over ${MAX_EVENT_BYTES} bytes`);
  });
  it('with JSON nested as deep as it fits', () => {
    undecodable(
      withValue('['.repeat(MAX_EVENT_BYTES / 2) + ']'.repeat(MAX_EVENT_BYTES / 2)),
      'data invalid_type',
    );
  });
  it('with JSON that is no object', () => undecodable(withValue('[]'), 'data invalid_type'));
  it('with an operator in place of a text', () => {
    undecodable(withData({ locale: { $ne: null } }), 'data.locale invalid_type');
  });
  it('with a person without an address, with the path but never the value', () => {
    undecodable(withData({ person: { username: 'ada', email: 7 } }), 'data.person.email invalid_type');
  });
  it('with a hundred flaws, of which the message names the first', () => {
    const data = { mailingId: USER, template: 'welcome', requestedBy: OTHER, person: null } as const;
    const mailing = recordOfEvent({ ...accountVerified, type: 'MailRequested', data });
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
    const smuggled = JSON.stringify(accountVerified.data).replace(
      /^\{/,
      '{"__proto__":{"admin":true},"constructor":{"prototype":{}},"$set":{"role":"admin"},',
    );
    const decoded = decode(withValue(smuggled));
    assert.deepEqual(decoded, { kind: 'event', event: accountVerified });
    assert.equal(decoded.kind === 'event' && Object.getPrototypeOf(decoded.event.data), Object.prototype);
    assert.equal('admin' in {}, false);
  });
});

describe('an event of a type that this build does not know', () => {
  function unknown(type: string): RawRecord {
    return withHeaders({ ce_type: type, ce_dataschema: `urn:latchkey:event:${type}:1` });
  }
  const { type: _type, data: _data, ...envelope } = accountVerified;

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
