/** Signs events in tests as auth does, and provides the public key that verifies them. */
import { generateKeyPairSync } from 'node:crypto';
import type { BusRecord } from '@latchkey/bus';
import {
  chainEvent,
  coveredBy,
  type EncodedEvent,
  type EventSigner,
  encode,
  eventSigner,
  type LatchkeyEvent,
  newPersonSalt,
  readIntactProof,
} from '@latchkey/events';
import type { RecordAuthenticator } from '../authenticate.ts';
import { createFixedEventKeySource } from '../event-key-source.ts';
import { decodeRecord } from '../records.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const testSigner: EventSigner = eventSigner({ kid: 'test', key: privateKey });

/** The JWKS with the key that `signEventRecord` uses. */
export const testEventJwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test' }] };
export const testEventKeySource = createFixedEventKeySource(testEventJwks);

/** Returns the signed record of an event. @param previous the hash of the account's previous event */
export function signEventRecord(
  event: LatchkeyEvent,
  previous?: string,
  by: EventSigner = testSigner,
): EncodedEvent {
  const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
  return encode(event, { proof: { ...entry, signature: by.sign(entry.hash) } });
}

/** Returns the signed records of events, each linked to the previous event of its account. */
export function signEventRecords(
  events: readonly LatchkeyEvent[],
  by: EventSigner = testSigner,
): readonly EncodedEvent[] {
  const heads = new Map<string, string>();
  return events.map((event) => {
    const record = signEventRecord(event, heads.get(event.subject), by);
    heads.set(event.subject, record.headers['ce_hash'] ?? '');
    return record;
  });
}

/**
 * Accepts every record without verifying its signature. If the content of a record matches its hash, the
 * accepted record contains its place in the hash chain.
 */
export const acceptLinkedRecords: RecordAuthenticator = async (sources: readonly BusRecord[]) => ({
  records: sources.map((source) => {
    const link = readIntactProof(source);
    return { ...decodeRecord(source), ...(link === undefined ? {} : { link }) };
  }),
  forged: [],
});

/** Accepts every record without a check, for tests of the steps that follow the signature check. */
export const acceptAllRecords: RecordAuthenticator = async (sources: readonly BusRecord[]) => ({
  records: sources.map(decodeRecord),
  forged: [],
});
