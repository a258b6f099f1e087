/** Fingerprints of events: numbers that are cheap to keep in memory and to compare. */
import { hash } from 'node:crypto';
import { decode, type Envelope, encode, type LatchkeyEvent } from '@latchkey/events';

const BYTES = 6;

/**
 * Returns 48 bits of a SHA-256 over everything that consumers see of an event. Pass events as the codec decodes
 * them: it puts the fields of `data` in a fixed order.
 */
export function fingerprint({
  type,
  data,
  ...envelope
}: Envelope & { readonly type: string; readonly data?: unknown }): number {
  const { id, subject, sequence, time, correlationId, causationId, traceparent = '' } = envelope;
  const facts = [id, subject, sequence, time, correlationId, causationId, traceparent];
  return hash('sha256', JSON.stringify([facts, type, data ?? null]), 'buffer').readUIntBE(0, BYTES);
}

/**
 * Returns the fingerprint that an event of the journal has once a consumer has received it, or undefined if the
 * event violates its contract and cannot be published.
 */
export function fingerprintOnArrival(event: LatchkeyEvent): number | undefined {
  const arrived = sendAndReceive(event);
  return arrived?.kind === 'event' ? fingerprint(arrived.event) : undefined;
}

function sendAndReceive(event: LatchkeyEvent) {
  try {
    const { key, value, headers } = encode(event);
    return decode({ key: Buffer.from(key), value, headers });
  } catch {
    return undefined;
  }
}
