import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  chainEvent,
  coveredBy,
  decodeWithProof,
  type EncodedEvent,
  encode,
  eventSigner,
  isSignedBy,
  type LatchkeyEvent,
  newPersonSalt,
} from '@latchkey/events';
import type { KcatRecord } from '../../support/kcat.ts';
import { FORGERIES } from './forger.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = eventSigner({ kid: 'genuine', key: privateKey });

/** Returns the Kafka record of an event, signed as auth signs it. */
function published(sequence: number): EncodedEvent {
  const userId = randomUUID();
  const event: LatchkeyEvent = {
    id: randomUUID(),
    type: 'AccountEnabled',
    subject: userId,
    sequence,
    time: new Date().toISOString(),
    correlationId: 'x',
    causationId: 'x',
    data: { userId, changedBy: userId, person: {} },
  };
  const chain = chainEvent(coveredBy(event), undefined, newPersonSalt());
  return encode(event, { proof: { ...chain, signature: signer.sign(chain.hash) } });
}

function seen({ key, headers, value }: EncodedEvent): KcatRecord {
  return { partition: 0, offset: 0, key, headers, payload: value.toString() };
}

function isGenuine({ key, value, headers }: Pick<EncodedEvent, 'key' | 'value' | 'headers'>): boolean {
  const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  const { provenance } = decodeWithProof({ key: Buffer.from(key), value, headers: bytes });
  return (
    provenance.kind === 'intact' && isSignedBy(publicKey, provenance.proof.hash, provenance.proof.signature)
  );
}

describe('a forged record', () => {
  const [victim, other] = [published(3), published(5)];
  const forged = Object.entries(FORGERIES).map(
    ([name, forgery]) => [name, forgery(seen(victim), seen(other))] as const,
  );

  for (const [name, record] of forged)
    test(`does not verify: ${name}`, () => assert.equal(isGenuine(record), false));

  test('is forged from a record that does verify', () => assert.equal(isGenuine(victim), true));

  test('names the attacked account, with its next sequence or with one that is already taken', () => {
    const places = forged
      .filter(([, { topic }]) => topic === 'accounts.events.v1')
      .map(([, { key, headers }]) => [key, Number(headers['ce_sequence'])]);
    assert.deepEqual(
      places,
      [4, 4, 4, 3, 4].map((sequence) => [`${victim.key.split('/')[0]}/${sequence}`, sequence]),
    );
  });
});
