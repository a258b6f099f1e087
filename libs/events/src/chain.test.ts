import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { chainFlaw, decodeWithProof, eventKeysIn, isSignedBy, keyIdOf } from './index.ts';

interface Vector {
  readonly jwks: unknown;
  readonly records: readonly {
    readonly title: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}

const { jwks, records }: Vector = JSON.parse(
  readFileSync(new URL('../vectors/chain.v1.json', import.meta.url), 'utf8'),
);
const keys = eventKeysIn(jwks);

/** Returns the hash-chain proof of a record of the test vector. */
function proofOf({ headers, value }: Vector['records'][number]) {
  const { provenance } = decodeWithProof({
    key: Buffer.from(headers['ce_subject'] ?? ''),
    value: Buffer.from(value),
    headers,
  });
  assert.ok(provenance.kind === 'intact', 'cause' in provenance ? provenance.cause : provenance.kind);
  return provenance.proof;
}

describe('the test vector of the hash chain', () => {
  for (const record of records) {
    it(`verifies: ${record.title}`, () => {
      const { hash, signature } = proofOf(record);
      const key = keys.get(keyIdOf(signature) ?? '');
      assert.ok(key !== undefined && isSignedBy(key, hash, signature));
    });
  }

  it('links each event to the one before', () => {
    let before: string | undefined;
    for (const record of records.filter(({ title }) => !title.includes('erased'))) {
      const { previous, hash } = proofOf(record);
      assert.equal(previous, before);
      before = hash;
    }
  });

  it('has the same hash and signature once the person is erased, and no salt', () => {
    const [made, erased] = records.slice(0, 2).map(proofOf);
    assert.deepEqual([erased?.hash, erased?.signature], [made?.hash, made?.signature]);
    assert.deepEqual(erased?.person, { digest: made?.person?.digest });
  });

  it('does not verify under another key, another hash or another domain', () => {
    const [record, other] = records.map(proofOf);
    const [key] = keys.values();
    assert.ok(record && other && key);
    assert.ok(!isSignedBy(key, 'A'.repeat(43), record.signature));
    assert.ok(!isSignedBy(key, record.hash, `${keyIdOf(record.signature)}.${'A'.repeat(86)}`));
    assert.ok(!isSignedBy(key, record.hash, 'no signature'));
  });
});

it('data without a canonical form is a flaw, not an exception', () => {
  const event = {
    id: '',
    type: 'T',
    version: 1,
    subject: '',
    sequence: 1,
    time: '',
    data: { text: '\ud800' },
  };
  assert.equal(chainFlaw(event, { hash: '' }), 'its data has no canonical form');
});

describe('a record of the test vector with another text', () => {
  const original = records[0];
  assert.ok(original);
  const { headers, value } = original;

  function read(text: string) {
    return decodeWithProof({
      key: Buffer.from(headers['ce_subject'] ?? ''),
      value: Buffer.from(text),
      headers,
    });
  }

  /**
   * Return the JSON text with an additional member: `first` adds it before all other members, and `last`
   * adds it after them.
   */
  const first = (member: string) => value.replace('{', `{${member},`);
  const last = (member: string) => value.replace(/\}$/, `,${member}}`);

  const same: Readonly<Record<string, string>> = {
    'spaces and line breaks': JSON.stringify(JSON.parse(value), undefined, 2),
    'its members in another order': JSON.stringify(
      Object.fromEntries(Object.entries(JSON.parse(value)).reverse()),
    ),
    'escapes of characters that need none': value.replace('ada@', '\\u0061da@'),
    'a value that a later one of the same name replaces': first('"role":"admin"'),
  };
  for (const [title, text] of Object.entries(same)) {
    it(`is intact, and the same event, if it has ${title}`, () => {
      const { decoded, provenance } = read(text);
      assert.notEqual(text, value);
      assert.equal(provenance.kind, 'intact');
      assert.deepEqual(decoded, read(value).decoded);
    });
  }

  const other: Readonly<Record<string, string>> = {
    'a second value of the same name': last('"role":"admin"'),
    'a second person': last('"person":{"email":"eve@example.com","username":"eve"}'),
    'a member that is not in the schema': last('"more":1'),
    'a member called __proto__': last('"__proto__":{"role":"admin"}'),
    'a member of the person called __proto__': value.replace('"email"', '"__proto__":{},"email"'),
    'a number that JSON does not have': last('"more":1e400'),
    'a lone surrogate': last('"more":"\\ud800"'),
    'a name with a lone surrogate': last('"\\udfff":1'),
    'a value that is nested too deeply': last(`"more":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    'null instead of its person': value.replace(/"person":.*/, '"person":null,"more":1}'),
    'no person': value.replace(/,"person":.*/, '}'),
  };
  for (const [title, text] of Object.entries(other)) {
    it(`is forged if it has ${title}`, () => {
      assert.notEqual(text, value);
      assert.equal(read(text).provenance.kind, 'forged');
    });
  }
});
