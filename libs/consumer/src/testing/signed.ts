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
} from '@latchkey/events';
import type { Authenticate } from '../authenticate.ts';
import { createFixedEventKeys } from '../event-keys.ts';
import { decodeRecord } from '../records.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const signer: EventSigner = eventSigner({ kid: 'test', key: privateKey });

/** The JWKS with the key that `signEvent` uses. */
export const eventJwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test' }] };
export const eventKeys = createFixedEventKeys(eventJwks);

/** Returns the signed record of an event. @param previous the hash of the account's previous event */
export function signEvent(event: LatchkeyEvent, previous?: string, by: EventSigner = signer): EncodedEvent {
  const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
  return encode(event, { proof: { ...entry, signature: by.sign(entry.hash) } });
}

/** Returns the signed records of events, each linked to the previous event of its account. */
export function signEvents(
  events: readonly LatchkeyEvent[],
  by: EventSigner = signer,
): readonly EncodedEvent[] {
  const heads = new Map<string, string>();
  return events.map((event) => {
    const record = signEvent(event, heads.get(event.subject), by);
    heads.set(event.subject, record.headers['ce_hash'] ?? '');
    return record;
  });
}

/** Accepts every record, for tests of later steps. */
export const acceptAllRecords: Authenticate = async (sources: readonly BusRecord[]) => ({
  records: sources.map(decodeRecord),
  forged: [],
});
