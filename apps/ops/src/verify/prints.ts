/** Events as numbers, so that a million of them can be held side by side. */
import { hash } from 'node:crypto';
import { decode, type Envelope, encode, type LatchkeyEvent } from '@latchkey/events';

const BYTES = 6;

/**
 * Of everything that a consumer gets to know of an event: the same for equal ones, and for others as good as never
 * (48 bits of a SHA-256). Data is taken as the codec hands it over, so that its fields stand in one order.
 */
export function printOf({
  type,
  data,
  ...envelope
}: Envelope & { readonly type: string; readonly data?: unknown }): number {
  return hash('sha256', JSON.stringify([factsOf(envelope), type, data ?? null]), 'buffer').readUIntBE(
    0,
    BYTES,
  );
}

function factsOf({ id, subject, sequence, time, correlationId, causationId, traceparent = '' }: Envelope) {
  return [id, subject, sequence, time, correlationId, causationId, traceparent];
}

/** Of an event of the journal as it would arrive; undefined where it breaks its contract and cannot be sent. */
export function printOnArrival(event: LatchkeyEvent): number | undefined {
  const arrived = sent(event);
  return arrived?.kind === 'event' ? printOf(arrived.event) : undefined;
}

function sent(event: LatchkeyEvent) {
  try {
    const { key, value, headers } = encode(event);
    return decode({ key: Buffer.from(key), value, headers });
  } catch {
    return undefined;
  }
}
