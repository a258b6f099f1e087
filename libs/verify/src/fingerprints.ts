/** Computes fingerprints of events: short numbers, which need little memory and are fast to compare. */
import { hash } from 'node:crypto';
import { decode, type Envelope, encode, type LatchkeyEvent } from '@latchkey/events';

const BYTES = 6;

type Fingerprinted = Envelope & { readonly type: string; readonly data?: unknown };

/**
 * Returns the first 48 bits of a SHA-256 hash of everything in an event that consumers get. The event must be
 * decoded by the codec, because the codec puts the fields of `data` into a fixed order.
 */
export function computeEventFingerprint({ type, data, ...envelope }: Fingerprinted): number {
  const { id, subject, sequence, time, correlationId, causationId, traceparent = '' } = envelope;
  const facts = [id, subject, sequence, time, correlationId, causationId, traceparent];
  return hash('sha256', JSON.stringify([facts, type, data ?? null]), 'buffer').readUIntBE(0, BYTES);
}

/** Returns the first 48 bits of the hash that an event has in its hash chain. */
export function computeHashFingerprint(hash: string): number {
  return Buffer.from(hash, 'base64url').readUIntBE(0, BYTES);
}

/**
 * Returns the event without personal data, as it is after an erasure. Returns an event that contains no
 * personal data unchanged.
 */
export function redactPerson(event: Fingerprinted): Fingerprinted {
  const { data } = event;
  const isPersonal = typeof data === 'object' && data !== null && 'person' in data && data.person !== null;
  return isPersonal ? { ...event, data: { ...data, person: null } } : event;
}

/**
 * Returns the fingerprint of an event of the journal, computed from the form in which consumers get the
 * event. Undefined if the event violates its schema, so that it cannot be published.
 */
export function computePublishedFingerprint(event: LatchkeyEvent): number | undefined {
  const arrived = sendAndReceive(event);
  return arrived?.kind === 'event' ? computeEventFingerprint(arrived.event) : undefined;
}

function sendAndReceive(event: LatchkeyEvent) {
  try {
    const { key, value, headers } = encode(event);
    return decode({ key: Buffer.from(key), value, headers });
  } catch {
    return undefined;
  }
}
