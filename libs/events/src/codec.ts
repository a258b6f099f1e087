/**
 * CloudEvents 1.0, Kafka protocol binding, binary content mode: the value is the JSON data, everything else
 * stands in `ce_` headers as UTF-8 text.
 */
import type { Envelope, LatchkeyEvent } from './events.ts';

/** A record as it is handed to a bus. */
export interface EncodedEvent {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as a bus hands it over; a header that was sent twice arrives as an array. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
}

export type Decoded =
  | { readonly kind: 'event'; readonly event: LatchkeyEvent }
  /** Well-formed, of a type that this build does not know: skipped and counted, but it advances the sequence. */
  | { readonly kind: 'unknown-type'; readonly type: string; readonly envelope: Envelope }
  /** Its key is usable, its content is not (bad headers or JSON, unknown version, schema broken): parks the subject. */
  | { readonly kind: 'undecodable'; readonly subject: string; readonly cause: string }
  /** Not even its key can be used: goes to the dead letters. */
  | { readonly kind: 'unusable'; readonly cause: string };

/** Events larger than this, in bytes of JSON, are refused. */
export const MAX_EVENT_BYTES = 256 * 1024;

/**
 * The record for an event.
 * @throws RangeError if the data is over {@link MAX_EVENT_BYTES}; ZodError if it breaks its schema.
 */
export declare function encode(event: LatchkeyEvent): EncodedEvent;

/** What a record says. Never throws. Data of older versions is upcast to the current one. */
export declare function decode(record: RawRecord): Decoded;
