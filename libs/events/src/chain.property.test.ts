import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventArbitrary } from '../test/event-arbitrary.ts';
import {
  chainEvent,
  chainFlaw,
  coveredBy,
  decodeWithProof,
  encode,
  eraseSalt,
  eventSigner,
  type LatchkeyEvent,
  newPersonSalt,
} from './index.ts';

const signer = eventSigner({ kid: 'test', key: generateKeyPairSync('ed25519').privateKey });
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

/** Events whose strings are well-formed, because the API accepts no others. */
const event = eventArbitrary().filter(
  ({ data }) => JSON.stringify(data).isWellFormed() && !/\\ud[89a-f]/.test(JSON.stringify(data)),
);

const chained = fc.record({ event, previous: fc.option(hash, { nil: undefined }) }).map((given) => ({
  covered: coveredBy(given.event),
  entry: chainEvent(coveredBy(given.event), given.previous, newPersonSalt()),
  event: given.event,
}));

function withPerson(data: unknown, person: unknown) {
  return { ...Object(data), person };
}

describe('the hash of an event', () => {
  it('matches the event that it was made of, also with its person erased', () => {
    fc.assert(
      fc.property(chained, ({ covered, entry }) => {
        assert.equal(chainFlaw(covered, entry), undefined);
        const { person } = Object(covered.data);
        if (person) {
          const erased = { ...covered, data: withPerson(covered.data, null) };
          assert.equal(chainFlaw(erased, eraseSalt(entry)), undefined);
        }
      }),
    );
  });

  it('detects a change of any covered field', () => {
    const change = fc.oneof(
      fc.constantFrom('id', 'type', 'subject', 'time').map((name) => ({ name, value: 'other' })),
      fc.constantFrom('version', 'sequence').map((name) => ({ name, value: 12_345_678 })),
    );
    fc.assert(
      fc.property(chained, change, ({ covered, entry }, { name, value }) => {
        assert.notEqual(chainFlaw({ ...covered, [name]: value }, entry), undefined);
      }),
    );
  });

  it('detects a change of any field of the data and of the person', () => {
    fc.assert(
      fc.property(chained, fc.nat(), fc.boolean(), ({ covered, entry }, pick, added) => {
        const { person, ...impersonal } = Object(covered.data);
        const part = person && pick % 2 === 0 ? person : impersonal;
        const names = Object.keys(part);
        const name = added || names.length === 0 ? 'added' : String(names[pick % names.length]);
        const changed = { ...part, [name]: 'something else' };
        const data =
          part === person
            ? withPerson(impersonal, changed)
            : { ...changed, ...(person === undefined ? {} : { person }) };
        assert.notEqual(chainFlaw({ ...covered, data }, entry), undefined);
      }),
    );
  });

  it('detects another place in the chain, and another person under another salt', () => {
    fc.assert(
      fc.property(chained, hash, ({ covered, entry }, other) => {
        fc.pre(other !== entry.previous);
        assert.notEqual(chainFlaw(covered, { ...entry, previous: other }), undefined);
        if (!entry.person) return;
        const salt = newPersonSalt();
        assert.notEqual(chainFlaw(covered, { ...entry, person: { ...entry.person, salt } }), undefined);
        const swapped = chainEvent(
          { ...covered, data: withPerson(covered.data, { email: 'eve' }) },
          undefined,
          salt,
        );
        const { person } = swapped;
        const data = withPerson(covered.data, { email: 'eve' });
        assert.notEqual(chainFlaw({ ...covered, data }, { ...entry, ...(person && { person }) }), undefined);
      }),
    );
  });

  it('distinguishes a person that is absent from one that is null', () => {
    fc.assert(
      fc.property(chained, ({ covered, entry }) => {
        if ('person' in Object(covered.data)) return;
        assert.notEqual(chainFlaw({ ...covered, data: withPerson(covered.data, null) }, entry), undefined);
      }),
    );
  });

  it('travels with the record', () => {
    fc.assert(
      fc.property(chained, ({ event: sent, entry }) => {
        const proof = { ...entry, signature: signer.sign(entry.hash) };
        const { key, value, headers } = encode(sent as LatchkeyEvent, { proof });
        const { decoded, provenance } = decodeWithProof({ key: Buffer.from(key), value, headers });
        assert.equal(decoded.kind, 'event');
        assert.deepEqual(provenance, { kind: 'intact', proof });
      }),
    );
  });

  it('of a record without a proof, or with a damaged one, is not taken for intact', () => {
    fc.assert(
      fc.property(chained, fc.constantFrom('ce_hash', 'ce_signature'), ({ event: sent, entry }, missing) => {
        const proof = { ...entry, signature: signer.sign(entry.hash) };
        const { key, value, headers } = encode(sent, { proof });
        const record = { key: Buffer.from(key), value };
        const bare = encode(sent).headers;
        assert.equal(decodeWithProof({ ...record, headers: bare }).provenance.kind, 'unsigned');
        const { [missing]: _, ...damaged } = headers;
        assert.equal(decodeWithProof({ ...record, headers: damaged }).provenance.kind, 'forged');
        const twice = { ...headers, ce_previoushash: ['a', 'b'] };
        assert.equal(decodeWithProof({ ...record, headers: twice }).provenance.kind, 'forged');
      }),
    );
  });
});
