/** What the next record of an account asks for. Pure. */

import type { Envelope } from '../catalogue.ts';
import type { Decoded } from '../codec.ts';
import type { Parked, Position } from './sequence-store.ts';

/** A record of a topic, decoded, and where it stands. */
export interface PlacedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly decoded: Decoded;
}

/** A record whose key tells its account. */
export type AccountRecord = PlacedRecord & { readonly decoded: Exclude<Decoded, { kind: 'unusable' }> };

/** A record that says which event it is. */
export type ReadableRecord = PlacedRecord & {
  readonly decoded: Extract<Decoded, { kind: 'event' | 'unknown-type' }>;
};

/** Where an account may begin: with event 1, or with any that comes first. */
export type Beginning = 'first' | 'any';

export type Step =
  | { readonly kind: 'due'; readonly record: ReadableRecord }
  | { readonly kind: 'duplicate' }
  /** Its account is parked already. */
  | { readonly kind: 'held back' }
  | { readonly kind: 'park'; readonly cause: string };

export function nextStep(position: Position, record: AccountRecord, beginning: Beginning): Step {
  if (position.parked !== undefined) return { kind: 'held back' };
  if (!isReadable(record)) return { kind: 'park', cause: flawOf(record) };
  const { sequence } = envelopeOf(record);
  if (sequence <= position.sequence) return { kind: 'duplicate' };
  if (!follows(position.sequence, sequence, beginning))
    return { kind: 'park', cause: gap(position.sequence, sequence) };
  return { kind: 'due', record };
}

export function follows(last: number, sequence: number, beginning: Beginning): boolean {
  return sequence === last + 1 || (last === 0 && beginning === 'any');
}

export function gap(last: number, sequence: number): string {
  return `event ${sequence} came where ${last + 1} was due`;
}

export function isOfAccount<R extends PlacedRecord>(record: R): record is R & AccountRecord {
  return record.decoded.kind !== 'unusable';
}

export function isReadable(record: PlacedRecord): record is ReadableRecord {
  return record.decoded.kind === 'event' || record.decoded.kind === 'unknown-type';
}

export function envelopeOf({ decoded }: ReadableRecord): Envelope {
  return decoded.kind === 'event' ? decoded.event : decoded.envelope;
}

export function accountOf(record: AccountRecord): string {
  return record.decoded.kind === 'undecodable'
    ? record.decoded.subject
    : envelopeOf({ ...record, decoded: record.decoded }).subject;
}

export function flawOf({ decoded }: PlacedRecord): string {
  return 'cause' in decoded ? decoded.cause : '';
}

/** The mark of an account that stands still at this record. */
export function parkedAt(
  { account, sequence }: Position,
  { topic, partition, offset }: PlacedRecord,
  cause: string,
): Parked {
  return { account, topic, partition, offset, after: sequence, cause };
}
