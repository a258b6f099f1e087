/**
 * Encodes events as Kafka records, and decodes them: the CloudEvents 1.0 binding for Kafka, in binary content
 * mode. The value of a record is the JSON data. Everything else is in headers that begin with `ce_`, as UTF-8
 * text.
 */
import type { z } from 'zod';
import { catalogue, type Envelope, type LatchkeyEvent } from './catalogue.ts';
import { type CoveredEvent, chainFlaw, linkFlaw } from './chain.ts';
import {
  decodeUtf8,
  type EventHeaderValues,
  type EventProof,
  type HeaderValue,
  parseDataSchemaVersion,
  readEventHeaders,
  readHeaderTexts,
  readProofHeaders,
  writeEventHeaders,
  writeProofHeaders,
} from './headers.ts';
import { parseEventKey, recordKeyOfEvent } from './record-key.ts';
import { type Upcast, upcast } from './upcast.ts';

/** A record as it is published on a bus. */
export interface EncodedEvent {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it is read from a bus. If a header is repeated, its values are an array. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/** The result of decoding a record: an event, or the reason why it cannot be used. */
export type Decoded =
  | { readonly kind: 'event'; readonly event: LatchkeyEvent }
  /**
   * The headers of the record are valid, but this release does not know the type of the event. Consumers skip
   * and count the record, and store its sequence as applied.
   */
  | { readonly kind: 'unknown-type'; readonly type: string; readonly envelope: Envelope }
  /**
   * The key of the record is valid, but another part of the record is not (invalid headers or JSON, unknown
   * version, schema violation). The account that the key names is parked.
   */
  | { readonly kind: 'undecodable'; readonly subject: string; readonly cause: string }
  /** The key of the record is invalid. The record goes to the dead-letter queue. */
  | { readonly kind: 'unusable'; readonly cause: string };

/** Events larger than this, in bytes of JSON, are refused. */
export const MAX_EVENT_BYTES = 256 * 1024;

/**
 * What a record contains in addition to the event, so that consumers can verify that auth has published the
 * event.
 */
export interface Origin {
  /** The hash and the signature of the event. Without them, consumers treat the record as forged. */
  readonly proof?: EventProof;
  /**
   * The data as it was appended and hashed, in an older version of its schema; absent if the event was
   * appended in the current version.
   */
  readonly stored?: StoredData;
}

/** The data of an event in an older version of its schema. */
export interface StoredData {
  readonly version: number;
  readonly data: unknown;
}

/**
 * An event that was checked against its schema and written as JSON. The JSON is used for the hash and for the
 * record.
 */
export interface PreparedEvent {
  /** The fields that the hash of the event covers, in the form in which they are published. */
  readonly covered: CoveredEvent;
  /**
   * Returns the record of the event.
   * @param proof the hash and the signature of the event. Without them, consumers treat the record as forged
   */
  toRecord(proof?: EventProof): EncodedEvent;
}

/**
 * Checks an event, and writes its data as JSON. Omits fields that the event's schema does not declare.
 * @param stored the data in the older version in which the event was appended
 * @throws ZodError if the data or the envelope violates its schema
 * @throws RangeError if the data is larger than {@link MAX_EVENT_BYTES}, or if the subject in the data
 * differs from the subject in the envelope
 */
export function prepareEvent(event: LatchkeyEvent, stored?: StoredData): PreparedEvent {
  const contract = catalogue[event.type];
  const { topic, subjectField } = contract;
  const data = publishedData(event);
  if (data[subjectField] !== event.subject) {
    throw new RangeError(`${event.type}: ${subjectField} is not the subject.`);
  }
  const version = stored?.version ?? contract.version;
  const headers = writeEventHeaders(event, { ...contract, version });
  const text = JSON.stringify(stored?.data ?? data);
  const value = Buffer.from(text, 'utf8');
  if (value.length > MAX_EVENT_BYTES) {
    throw new RangeError(`${event.type}: ${value.length} bytes of data, over ${MAX_EVENT_BYTES}.`);
  }
  return {
    covered: stored === undefined ? coverJson(event, text) : coverStored(event, stored),
    toRecord: (proof) => ({
      topic,
      key: recordKeyOfEvent(topic, event),
      value,
      headers: proof === undefined ? headers : { ...headers, ...writeProofHeaders(proof) },
    }),
  };
}

/**
 * Returns the record of an event. Omits fields that the event's schema does not declare.
 * @throws ZodError if the data or the envelope violates its schema
 * @throws RangeError if the data is larger than {@link MAX_EVENT_BYTES}, or if the subject in the data
 * differs from the subject in the envelope
 */
export function encode(event: LatchkeyEvent, { proof, stored }: Origin = {}): EncodedEvent {
  return prepareEvent(event, stored).toRecord(proof);
}

function publishedData({
  type,
  data,
}: Pick<LatchkeyEvent, 'type' | 'data'>): Readonly<Record<string, unknown>> {
  return catalogue[type].schema.parse(data);
}

/**
 * Returns the fields that the hash of an event covers, in the form in which they are published.
 * @throws ZodError if the data violates its schema
 */
export function coveredBy(event: LatchkeyEvent, storedData?: StoredData): CoveredEvent {
  return storedData === undefined
    ? coverJson(event, JSON.stringify(publishedData(event)))
    : coverStored(event, storedData);
}

/**
 * Returns the fields that the hash covers, with the data as it is read from its JSON. Data is published as
 * JSON, which omits fields that are undefined, so the hash must not cover them either.
 */
function coverJson({ id, type, subject, sequence, time }: LatchkeyEvent, text: string): CoveredEvent {
  const data: unknown = JSON.parse(text);
  return { id, type, version: catalogue[type].version, subject, sequence, time, data };
}

function coverStored(
  { id, type, subject, sequence, time }: LatchkeyEvent,
  { version, data }: StoredData,
): CoveredEvent {
  return { id, type, version, subject, sequence, time, data };
}

/**
 * The part of an event's contract that is used to decode the event. `catalogue` contains one contract for
 * each event type.
 */
export interface DecodableEventContract {
  readonly version: number;
  readonly subjectField: string;
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>;
}

export interface DecodeContext {
  readonly contracts: Readonly<Record<string, DecodableEventContract>>;
  readonly upcast: Upcast;
}

type Json = { readonly json: unknown } | { readonly flaw: string };

/**
 * Returns the parsed JSON. For invalid JSON, returns an error without the parser's message, because that
 * could quote personal data.
 */
function parseJson(value: Buffer | null): Json {
  if (value === null) return { flaw: 'no value' };
  if (value.length > MAX_EVENT_BYTES) return { flaw: `value over ${MAX_EVENT_BYTES} bytes` };
  const text = decodeUtf8(value);
  if (text === undefined) return { flaw: 'value is not UTF-8' };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { flaw: 'value is not JSON' };
  }
}

/** The maximum number of violations that an error message lists, so that it fits into one line. */
const BREACHES_TOLD = 5;

/** Describes which fields violate the schema, and how, without their values. */
function breaches({ issues }: z.ZodError): string {
  const told = issues
    .slice(0, BREACHES_TOLD)
    .map(({ path, code }) => `${['data', ...path].join('.')} ${code}`)
    .join(', ');
  const more = issues.length - BREACHES_TOLD;
  return more > 0 ? `${told}, and ${more} more` : told;
}

type Data = { readonly data: Readonly<Record<string, unknown>> } | { readonly flaw: string };

/**
 * Upcasts the data to the current version. The data was not validated before, so if an upcaster throws, the
 * data is reported as invalid.
 */
function upcastData({ upcast }: DecodeContext, type: string, version: number, json: unknown): Json {
  try {
    const upcasted = upcast(type, version, json);
    return upcasted === undefined ? { flaw: `unknown version ${version} of ${type}` } : { json: upcasted };
  } catch {
    return { flaw: `data does not fit version ${version} of ${type}` };
  }
}

function readData(
  context: DecodeContext,
  contract: DecodableEventContract,
  facts: EventHeaderValues,
  json: unknown,
): Data {
  const current = upcastData(context, facts.type, facts.version, json);
  if ('flaw' in current) return current;
  const checked = contract.schema.safeParse(current.json);
  return checked.success ? { data: checked.data } : { flaw: breaches(checked.error) };
}

/**
 * The result of decoding a record, with the fields that the hash must cover. `covered` is undefined if these
 * fields cannot be read from the record.
 */
interface ReadRecord {
  readonly decoded: Decoded;
  readonly covered?: CoveredEvent;
}

function readRecord(context: DecodeContext, record: RawRecord): ReadRecord {
  const key = parseEventKey(record.key);
  if (key === undefined) return { decoded: { kind: 'unusable', cause: 'key is not a UUID' } };
  const { subject } = key;
  const undecodable = (cause: string): Decoded => ({ kind: 'undecodable', subject, cause });

  const headers = readEventHeaders(record.headers);
  if ('flaw' in headers) return { decoded: undecodable(headers.flaw) };
  const { envelope, type, version } = headers.facts;
  if (envelope.subject !== subject) return { decoded: undecodable('ce_subject is not the key') };
  // Reject a record whose key contains the sequence of a different event. On a compacted topic, this record
  // would replace the record of that event.
  if (key.sequence !== undefined && key.sequence !== envelope.sequence)
    return { decoded: undecodable('ce_sequence is not the one in the key') };

  const parsed = parseJson(record.value);
  const { id, sequence, time } = envelope;
  const covered =
    'flaw' in parsed ? {} : { covered: { id, type, version, subject, sequence, time, data: parsed.json } };
  const contract = Object.hasOwn(context.contracts, type) ? context.contracts[type] : undefined;
  if (contract === undefined) return { decoded: { kind: 'unknown-type', type, envelope }, ...covered };
  if ('flaw' in parsed) return { decoded: undecodable(parsed.flaw) };

  const read = readData(context, contract, headers.facts, parsed.json);
  if ('flaw' in read) return { decoded: undecodable(read.flaw), ...covered };
  if (read.data[contract.subjectField] !== subject)
    return { decoded: undecodable(`${contract.subjectField} is not the key`), ...covered };
  // The data has passed the schema of `type`, but the compiler cannot infer that the type and the data belong
  // together.
  const event = { ...envelope, type, data: read.data } as LatchkeyEvent;
  return { decoded: { kind: 'event', event }, ...covered };
}

/** Creates a `decode` function for a catalogue. */
export function createEventDecoder(context: DecodeContext) {
  return (record: RawRecord): Decoded => readRecord(context, record).decoded;
}

/**
 * Decodes a record. Never throws. Upcasts older data to the current version, and omits fields that the
 * event's schema does not declare. If decoding fails, the cause names headers and fields, never their values.
 */
export const decode: (record: RawRecord) => Decoded = createEventDecoder({ contracts: catalogue, upcast });

/**
 * Whether a record is signed, and whether its content matches the hash in its headers. The signature itself
 * is not verified here.
 */
export type Provenance =
  /** The content of the record matches its hash. The caller must verify the signature. */
  | { readonly kind: 'intact'; readonly proof: EventProof }
  /** The record has no proof headers. */
  | { readonly kind: 'unsigned' }
  /** The proof headers are invalid, or the content does not match the hash. */
  | { readonly kind: 'forged'; readonly cause: string };

/** Decodes a record and checks its hash, but not its signature. Never throws. */
export function decodeWithProof(record: RawRecord): {
  readonly decoded: Decoded;
  readonly provenance: Provenance;
} {
  const { decoded, covered } = readRecord({ contracts: catalogue, upcast }, record);
  return { decoded, provenance: provenanceOf(record, covered) };
}

const coveredHeaders = ['ce_id', 'ce_type', 'ce_dataschema', 'ce_subject', 'ce_time', 'ce_sequence'];

/**
 * Returns the proof of a record if its content matches its hash. Does not check the event's schema, and does
 * not verify the signature. Never throws.
 */
export function readIntactProof(record: RawRecord): EventProof | undefined {
  const provenance = provenanceOf(record, coveredIn(record));
  return provenance.kind === 'intact' ? provenance.proof : undefined;
}

function coveredIn({ headers, value }: RawRecord): CoveredEvent | undefined {
  const {
    ce_id: id,
    ce_type: type,
    ce_dataschema: schema,
    ce_subject: subject,
    ce_time: time,
    ce_sequence: sequence,
  } = readHeaderTexts(headers, coveredHeaders);
  const parsed = parseJson(value);
  if (id === undefined || type === undefined || schema === undefined || 'flaw' in parsed) return undefined;
  if (subject === undefined || time === undefined || sequence === undefined) return undefined;
  const version = parseDataSchemaVersion(schema);
  return { id, type, version, subject, sequence: Number(sequence), time, data: parsed.json };
}

/**
 * Returns the proof of a record if the record's content matches its hash, without checking the personal data.
 * The caller may conclude that the event with this hash follows the event with the previous hash, but must
 * not use the content of the event. Takes less time than `readIntactProof`. Does not verify the signature.
 * Never throws.
 */
export function readLinkedProof(record: RawRecord): EventProof | undefined {
  const proof = readProofHeaders(record.headers);
  if (typeof proof === 'string') return undefined;
  const covered = coveredIn(record);
  return covered !== undefined && linkFlaw(covered, proof) === undefined ? proof : undefined;
}

function provenanceOf({ headers }: RawRecord, covered: CoveredEvent | undefined): Provenance {
  const proof = readProofHeaders(headers);
  if (proof === 'unsigned') return { kind: 'unsigned' };
  if (proof === 'invalid') return { kind: 'forged', cause: 'its proof has invalid headers' };
  if (covered === undefined) return { kind: 'forged', cause: 'it cannot be read' };
  const flaw = chainFlaw(covered, proof);
  return flaw === undefined ? { kind: 'intact', proof } : { kind: 'forged', cause: flaw };
}
