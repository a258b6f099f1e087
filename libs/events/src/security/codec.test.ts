import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecordOfSample, securityEventSamples } from '../../test/samples.ts';
import {
  decode,
  decodeSecurityEvent,
  encodeSecurityEvent,
  securityCatalogue,
  securityEventTypes,
} from '../index.ts';

const [sample] = securityEventSamples.filter(({ type }) => type === 'LoginSucceeded');
assert.ok(sample);
const record = createRecordOfSample(sample);

describe('a frozen sample of a security event', () => {
  for (const each of securityEventSamples) {
    it(`is decoded and written as it was: ${each.type} v${each.version}, ${each.title}`, () => {
      const event = decodeSecurityEvent(createRecordOfSample(each));
      assert.ok(event);
      assert.equal(event.type, each.type);
      const { key, headers, value, topic } = encodeSecurityEvent(event);
      assert.deepEqual(
        { key, headers, value: JSON.parse(value.toString()) },
        { key: each.key, headers: each.headers, value: each.value },
      );
      assert.equal(topic, 'security.events.v1');
    });
  }

  it('exists for every version of every type', () => {
    for (const type of securityEventTypes) {
      const versions = new Set(
        securityEventSamples.filter((each) => each.type === type).map(({ version }) => version),
      );
      for (let version = 1; version <= securityCatalogue[type].version; version += 1)
        assert.ok(versions.has(version), `samples/${type}.v${version}.json`);
    }
  });
});

describe('a record of the security topic', () => {
  it('has the account as its key and subject, or neither', () => {
    for (const each of securityEventSamples) {
      assert.equal(each.key, each.value['accountId'] ?? null);
      assert.equal(each.headers['ce_subject'], each.value['accountId']);
    }
  });

  it('is no event of an account, because it has no sequence', () => {
    assert.equal(decode(record).kind, 'undecodable');
  });

  it('is not decoded if it is of a later release or damaged', () => {
    const { headers, value } = record;
    for (const damaged of [
      { value: null },
      { value: Buffer.from('no JSON') },
      { value: Buffer.from('{}') },
      { value: Buffer.from([0xff]) },
      { headers: {} },
      { headers: { ...headers, ce_type: Buffer.from('LoginVanished') } },
      { headers: { ...headers, ce_type: Buffer.from('toString') } },
      { headers: { ...headers, ce_dataschema: Buffer.from('urn:latchkey:event:LoginSucceeded:2') } },
      { headers: { ...headers, ce_id: [Buffer.from('a'), Buffer.from('b')] } },
    ])
      assert.equal(decodeSecurityEvent({ headers, value, ...damaged }), undefined);
  });

  it('is decoded with fields that a later release may add', () => {
    const value = Buffer.from(JSON.stringify({ ...sample.value, later: 1 }));
    assert.deepEqual(decodeSecurityEvent({ ...record, value })?.data, sample.value);
  });
});
