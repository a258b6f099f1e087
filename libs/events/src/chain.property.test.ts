import assert from 'node:assert/strict';
import { generateKeyPairSync, hash as oneShotHash } from 'node:crypto';
import { describe, it } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { createEventArbitrary } from '../test/event-arbitrary.ts';
import {
  type ChainEntry,
  chainEvent,
  chainFlaw,
  coveredBy,
  decodeWithProof,
  encode,
  eraseSalt,
  eventSigner,
  type LatchkeyEvent,
  newPersonSalt,
  readIntactProof,
  readLinkedProof,
} from './index.ts';

const signer = eventSigner({ kid: 'test', key: generateKeyPairSync('ed25519').privateKey });
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

/** Generates events whose strings are well-formed, because the API accepts only well-formed strings. */
const event = createEventArbitrary().filter(
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

/** Returns the signed record of an event. */
function recordOf(sent: LatchkeyEvent, entry: ChainEntry) {
  const { key, value, headers } = encode(sent, { proof: { ...entry, signature: signer.sign(entry.hash) } });
  return { key: Buffer.from(key), value, headers };
}

describe('the hash of an event', () => {
  it('is the SHA-256 of the canonical JSON of all covered fields', () => {
    fc.assert(
      fc.property(chained, ({ covered: { data, version, ...covered }, entry }) => {
        const { person, ...impersonal } = Object(data);
        const fields = {
          ...covered,
          data: impersonal,
          schema: `urn:latchkey:event:${covered.type}:${version}`,
          previous: entry.previous ?? null,
          ...(person === undefined ? {} : { person: entry.person?.digest ?? null }),
        };
        assert.equal(entry.hash, oneShotHash('sha256', canonicalize(fields) ?? '', 'base64url'));
      }),
    );
  });

  it('links a record to the previous event, whatever its person, and does not if anything else differs', () => {
    fc.assert(
      fc.property(chained, hash, ({ event: sent, entry }, other) => {
        const record = recordOf(sent, entry);
        const { headers } = record;
        const { person, ...impersonal } = JSON.parse(String(record.value));
        assert.deepEqual(readLinkedProof(record), readIntactProof(record));
        const withData = (data: object) => ({ ...record, value: Buffer.from(JSON.stringify(data)) });
        if (person) {
          const anotherPerson = withData({ ...impersonal, person: { ...person, email: 'eve' } });
          assert.equal(readIntactProof(anotherPerson), undefined);
          assert.deepEqual(readLinkedProof(anotherPerson), readLinkedProof(record));
        }
        const damaged = [
          withData({ ...impersonal, added: true, ...(person === undefined ? {} : { person }) }),
          withData(person === undefined ? { ...impersonal, person: null } : impersonal),
          { ...record, value: null },
          ...['ce_id', 'ce_type', 'ce_time', 'ce_dataschema', 'ce_sequence', 'ce_subject'].flatMap((name) => [
            { ...record, headers: { ...headers, [name]: '7777777777' } },
            { ...record, headers: { ...headers, [name]: undefined } },
          ]),
          { ...record, headers: { ...headers, ce_hash: other } },
          { ...record, headers: { ...headers, ce_previoushash: other } },
          ...(person ? [{ ...record, headers: { ...headers, ce_persondigest: other } }] : []),
          { ...record, headers: { ...headers, ce_signature: undefined } },
        ];
        for (const each of damaged) assert.equal(readLinkedProof(each), undefined);
      }),
    );
  });

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
