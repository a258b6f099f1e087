/**
 * CloudEvents 1.0, Kafka protocol binding, binary content mode: the value is the JSON data, everything else is in
 * `ce_` headers as UTF-8 text.
 */
import { z } from 'zod';
import { catalogue, type Envelope, type LatchkeyEvent } from './catalogue.ts';
import { type HeaderValue, readHeaders, textOf, writeHeaders } from './headers.ts';
import { type Upcast, upcast } from './upcast.ts';

/** A record as it is passed to a bus. */
export interface EncodedEvent {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it comes from a bus; a repeated header arrives as an array. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

export type Decoded =
  | { readonly kind: 'event'; readonly event: LatchkeyEvent }
  /**
   * The headers are well-formed, but this build does not know the type: skipped and counted, but it advances the
   * sequence.
   */
  | { readonly kind: 'unknown-type'; readonly type: string; readonly envelope: Envelope }
  /**
   * The key is usable, but the content is not (bad headers or JSON, unknown version, schema violated): parks the
   * subject.
   */
  | { readonly kind: 'undecodable'; readonly subject: string; readonly cause: string }
  /** The key is not usable: goes to the dead-letter queue. */
  | { readonly kind: 'unusable'; readonly cause: string };

/** Events larger than this, in bytes of JSON, are refused. */
export const MAX_EVENT_BYTES = 256 * 1024;

/**
 * Returns the record of an event. Omits fields that its schema does not declare.
 * @throws ZodError if data or envelope violate their schema
 * @throws RangeError if the data is larger than {@link MAX_EVENT_BYTES} or names another subject than the envelope
 */
export function encode(event: LatchkeyEvent): EncodedEvent {
  const { topic, version, schema, subjectField } = catalogue[event.type];
  const data: Readonly<Record<string, unknown>> = schema.parse(event.data);
  if (data[subjectField] !== event.subject) {
    throw new RangeError(`${event.type}: ${subjectField} is not the subject.`);
  }
  const headers = writeHeaders(event, event.type, version);
  const value = Buffer.from(JSON.stringify(data), 'utf8');
  if (value.length > MAX_EVENT_BYTES) {
    throw new RangeError(`${event.type}: ${value.length} bytes of data, over ${MAX_EVENT_BYTES}.`);
  }
  return { topic, key: event.subject, value, headers };
}

/** The part of an event's contract that decoding uses; `catalogue` is a record of these. */
export interface Decodable {
  readonly version: number;
  readonly subjectField: string;
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>;
}

export interface DecodeContext {
  readonly contracts: Readonly<Record<string, Decodable>>;
  readonly upcast: Upcast;
}

const uuid = z.uuid();

function usableKey(key: Buffer | null): string | undefined {
  const parsed = uuid.safeParse(key === null ? undefined : textOf(key));
  return parsed.success ? parsed.data : undefined;
}

type Json = { readonly json: unknown } | { readonly flaw: string };

/** The parser's own message is dropped: it quotes the text, which may contain personal data. */
function parseJson(value: Buffer | null): Json {
  if (value === null) return { flaw: 'no value' };
  if (value.length > MAX_EVENT_BYTES) return { flaw: `value over ${MAX_EVENT_BYTES} bytes` };
  const text = textOf(value);
  if (text === undefined) return { flaw: 'value is not UTF-8' };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { flaw: 'value is not JSON' };
  }
}

/** More would not fit into one line for people. */
const BREACHES_TOLD = 5;

/** Returns the fields that violate the schema, and how; never their values. */
function breaches({ issues }: z.ZodError): string {
  const told = issues
    .slice(0, BREACHES_TOLD)
    .map(({ path, code }) => `${['data', ...path].join('.')} ${code}`)
    .join(', ');
  const more = issues.length - BREACHES_TOLD;
  return more > 0 ? `${told}, and ${more} more` : told;
}

type Data = { readonly data: Readonly<Record<string, unknown>> } | { readonly flaw: string };

/** Upcasters run on unvalidated data, so whatever they throw is reported as invalid data. */
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
  contract: Decodable,
  type: string,
  version: number,
  value: Buffer | null,
): Data {
  const parsed = parseJson(value);
  if ('flaw' in parsed) return parsed;
  const current = upcastData(context, type, version, parsed.json);
  if ('flaw' in current) return current;
  const checked = contract.schema.safeParse(current.json);
  return checked.success ? { data: checked.data } : { flaw: breaches(checked.error) };
}

/** Returns `decode` for a catalogue. */
export function createDecode(context: DecodeContext) {
  return (record: RawRecord): Decoded => {
    const subject = usableKey(record.key);
    if (subject === undefined) return { kind: 'unusable', cause: 'key is not a UUID' };
    const undecodable = (cause: string): Decoded => ({ kind: 'undecodable', subject, cause });

    const headers = readHeaders(record.headers);
    if ('flaw' in headers) return undecodable(headers.flaw);
    const { envelope, type, version } = headers.facts;
    if (envelope.subject !== subject) return undecodable('ce_subject is not the key');

    const contract = Object.hasOwn(context.contracts, type) ? context.contracts[type] : undefined;
    if (contract === undefined) return { kind: 'unknown-type', type, envelope };

    const read = readData(context, contract, type, version, record.value);
    if ('flaw' in read) return undecodable(read.flaw);
    if (read.data[contract.subjectField] !== subject)
      return undecodable(`${contract.subjectField} is not the key`);
    // The schema of `type` has validated the data, but the compiler cannot see that type and data belong together.
    return { kind: 'event', event: { ...envelope, type, data: read.data } as LatchkeyEvent };
  };
}

/**
 * Decodes a record. Never throws. Upcasts data of older versions to the current one, and omits fields that its
 * schema does not declare. Causes name headers and fields, never their values.
 */
export const decode: (record: RawRecord) => Decoded = createDecode({ contracts: catalogue, upcast });
