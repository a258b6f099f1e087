/** The types of decoded records, and functions that read their parts. */
import type { BusRecord } from '@latchkey/bus';
import { type ChainEntry, type Decoded, decode, type Envelope, type EventType } from '@latchkey/events';

export interface DecodedRecord {
  readonly source: BusRecord;
  readonly decoded: Decoded;
  /** The place of the event in the hash chain of its account; absent if the event was not verified. */
  readonly link?: ChainLink;
}

/** The hash of an event, and the hash of the previous event. */
export type ChainLink = Pick<ChainEntry, 'hash' | 'previous'>;

/** A record whose key names an account. */
export type AccountRecord = DecodedRecord & { readonly decoded: Exclude<Decoded, { kind: 'unusable' }> };

/** A record of an event, possibly of a type that this release does not know. */
export type EventRecord = DecodedRecord & {
  readonly decoded: Extract<Decoded, { kind: 'event' | 'unknown-type' }>;
};

/**
 * The type of a record, as a metric label. All unknown types have the label `unknown`, because anybody who
 * can write to a topic could invent any number of types.
 */
export type RecordType = EventType | 'unknown' | 'undecodable' | 'unusable';

export function decodeRecord(source: BusRecord): DecodedRecord {
  return { source, decoded: decode(source) };
}

export function isAccountRecord(record: DecodedRecord): record is AccountRecord {
  return record.decoded.kind !== 'unusable';
}

export function isEventRecord(record: DecodedRecord): record is EventRecord {
  return record.decoded.kind === 'event' || record.decoded.kind === 'unknown-type';
}

export function envelopeOf({ decoded }: EventRecord): Envelope {
  return decoded.kind === 'event' ? decoded.event : decoded.envelope;
}

export function sequenceOf(record: EventRecord): number {
  return envelopeOf(record).sequence;
}

export function accountOf({ decoded }: AccountRecord): string {
  switch (decoded.kind) {
    case 'event':
      return decoded.event.subject;
    case 'unknown-type':
      return decoded.envelope.subject;
    case 'undecodable':
      return decoded.subject;
  }
}

/** Returns why a record could not be decoded; an empty string if it was decoded. */
export function decodeFailureOf({ decoded }: DecodedRecord): string {
  return 'cause' in decoded ? decoded.cause : '';
}

export function recordTypeOf({ decoded }: DecodedRecord): RecordType {
  if (decoded.kind === 'event') return decoded.event.type;
  return decoded.kind === 'unknown-type' ? 'unknown' : decoded.kind;
}
