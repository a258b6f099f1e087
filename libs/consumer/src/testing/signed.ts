/** Events that are signed as auth signs them, and the key to check them, for tests. */
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
import { fixedEventKeys } from '../event-keys.ts';
import { decodeRecord } from '../records.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const signer: EventSigner = eventSigner({ kid: 'test', key: privateKey });

/** The JWKS with the key that `signed` uses. */
export const eventJwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test' }] };
export const eventKeys = fixedEventKeys(eventJwks);

/** Returns the record of an event. @param previous the hash of the event before */
export function signed(event: LatchkeyEvent, previous?: string, by: EventSigner = signer): EncodedEvent {
  const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
  return encode(event, { proof: { ...entry, signature: by.sign(entry.hash) } });
}

/** Returns the records of consecutive events of one account or of several, each linked to the one before. */
export function signedInOrder(
  events: readonly LatchkeyEvent[],
  by: EventSigner = signer,
): readonly EncodedEvent[] {
  const heads = new Map<string, string>();
  return events.map((event) => {
    const record = signed(event, heads.get(event.subject), by);
    heads.set(event.subject, record.headers['ce_hash'] ?? '');
    return record;
  });
}

/** Accepts every record, for tests of what happens after. */
export const acceptAll: Authenticate = async (sources: readonly BusRecord[]) => ({
  records: sources.map(decodeRecord),
  forged: [],
});
