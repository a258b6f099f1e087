/**
 * The headers of a record: CloudEvents 1.0 attributes in Kafka's binary content mode. The attribute
 * `datacontenttype` is in the header `content-type`; every other attribute is in a header with the prefix
 * `ce_`. Values are UTF-8 text, without the percent-encoding of the HTTP binding.
 */
import { z } from 'zod';
import type { Envelope, EventType } from './catalogue.ts';
import type { ChainEntry } from './chain.ts';
import { dataSchemaUri } from './data-schema-uri.ts';
import type { EventContract } from './define-event.ts';
import { instant } from './fields.ts';
import type { Signature } from './signature.ts';

/** The services that publish events, in the form that the header `ce_source` contains. */
export const eventSourceUris = { auth: '/latchkey/auth', notifier: '/latchkey/notifier' } as const;

/**
 * Text that CloudEvents allows in an attribute: of limited length, without control characters, noncharacters
 * or lone surrogates.
 */
const text = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]*$/u);

/** A trace context (W3C Trace Context, version 00). Neither id may consist of zeros only. */
const traceparent = z.string().regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);

/**
 * Returns the trace context in a header `traceparent`. Returns undefined if the header is absent or invalid, as W3C
 * Trace Context requires.
 */
export function parseTraceparent(header: string | undefined): string | undefined {
  return header === undefined ? undefined : traceparent.safeParse(header).data;
}

export const eventHeaders = z.object({
  'content-type': z.string().regex(/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i),
  ce_specversion: z.literal('1.0'),
  ce_id: z.uuid(),
  ce_type: text,
  ce_source: z.enum(Object.values(eventSourceUris)),
  ce_subject: z.uuid(),
  ce_time: instant,
  ce_dataschema: z.string().regex(/^urn:latchkey:event:[A-Za-z][A-Za-z0-9]*:[1-9][0-9]{0,8}$/),
  ce_sequence: z.string().regex(/^(?!0{10})[0-9]{10}$/),
  ce_correlationid: text,
  ce_causationid: text,
  // An invalid trace context does not make the event invalid. It is dropped, as W3C Trace Context requires.
  traceparent: traceparent.optional().catch(undefined),
});

type EventHeaders = z.infer<typeof eventHeaders>;

const SHA_256 = /^[\w-]{43}$/;

/**
 * The patterns of the proof headers. Every record has these headers, and checking them with patterns takes
 * less time than with a schema.
 */
const proofPatterns = {
  ce_hash: SHA_256,
  ce_previoushash: SHA_256,
  ce_persondigest: SHA_256,
  ce_personsalt: /^[\w-]{22}$/,
  ce_signature: /^[\w.~-]{1,100}\.[\w-]{86}$/,
} as const;
type ProofHeader = keyof typeof proofPatterns;

function proofHeader(name: ProofHeader) {
  return z.string().regex(proofPatterns[name]);
}

/** The headers that prove that auth has published an event. */
export const proofHeaders = z.object({
  ce_hash: proofHeader('ce_hash').describe(
    'SHA-256 of the canonical JSON (RFC 8785) of the content of the event.',
  ),
  ce_previoushash: proofHeader('ce_previoushash')
    .optional()
    .describe('The hash of the previous event of the account or mailing; absent for the first event.'),
  ce_persondigest: proofHeader('ce_persondigest')
    .optional()
    .describe('HMAC-SHA-256 of the canonical JSON of `data.person`, if the event was made with a person.'),
  ce_personsalt: proofHeader('ce_personsalt')
    .optional()
    .describe('The key of that HMAC; absent once the person is erased.'),
  ce_signature: proofHeader('ce_signature').describe(
    '`<kid>.<Ed25519 signature>` of `latchkey-event:<ce_hash>`, by a key of the JWKS.',
  ),
});

/** The hash-chain entry of an event, and the signature of its hash. */
export interface EventProof extends ChainEntry {
  readonly signature: Signature;
}

/** Returns the headers of a proof. */
export function writeProofHeaders({ hash, previous, person, signature }: EventProof): Record<string, string> {
  return {
    ce_hash: hash,
    ...(previous === undefined ? {} : { ce_previoushash: previous }),
    ...(person === undefined ? {} : { ce_persondigest: person.digest }),
    ...(person?.salt === undefined ? {} : { ce_personsalt: person.salt }),
    ce_signature: signature,
  };
}

const names = Object.keys(eventHeaders.shape);

/**
 * The schema of the headers whose values differ between events. All other headers have the same value in
 * every event.
 */
const writable = z.object({
  id: eventHeaders.shape.ce_id,
  subject: eventHeaders.shape.ce_subject,
  sequence: z.int().min(1).max(9_999_999_999),
  time: instant,
  correlationId: text,
  causationId: text,
});

/**
 * Returns the headers of a record.
 * @throws ZodError if the envelope violates its schema
 */
export function writeEventHeaders(
  envelope: Envelope,
  { type, version, publisher }: Pick<EventContract<EventType>, 'type' | 'version' | 'publisher'>,
): Record<string, string> {
  const { id, subject, sequence, time, correlationId, causationId } = writable.parse(envelope);
  const trace = parseTraceparent(envelope.traceparent);
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: type,
    ce_source: eventSourceUris[publisher],
    ce_subject: subject,
    ce_time: time,
    ce_dataschema: dataSchemaUri(type, version),
    ce_sequence: String(sequence).padStart(10, '0'),
    ce_correlationid: correlationId,
    ce_causationid: causationId,
    ...(trace === undefined ? {} : { traceparent: trace }),
  };
}

/** The value of a header that was read from a bus; an array if the header is repeated. */
export type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;

export interface EventHeaderValues {
  readonly envelope: Envelope;
  readonly type: string;
  readonly version: number;
}

/** The values of the event headers, or the names of the headers that are invalid. */
export type ReadEventHeadersResult = { readonly facts: EventHeaderValues } | { readonly flaw: string };

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const REPLACEMENT_CHARACTER = '\uFFFD';

/**
 * Decodes bytes as UTF-8, and keeps a byte order mark. Returns undefined if the bytes are not valid UTF-8.
 */
export function decodeUtf8(bytes: Buffer): string | undefined {
  // `toString` is several times as fast as a strict decoder, but turns invalid bytes into replacement
  // characters. Valid UTF-8 may contain replacement characters as well. A text that contains one is
  // therefore checked below.
  const text = bytes.toString();
  if (!text.includes(REPLACEMENT_CHARACTER)) return text;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the value of a header as a string; undefined if the header is absent, repeated or not UTF-8. */
export function decodeHeader(value: HeaderValue): string | undefined {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return decodeUtf8(value);
  return undefined;
}

/** Returns the version of an event's data, as contained in the URI in `ce_dataschema`. */
export function parseDataSchemaVersion(schemaUri: string): number {
  return Number(schemaUri.slice(schemaUri.lastIndexOf(':') + 1));
}

function factsOf(headers: EventHeaders): EventHeaderValues {
  const { ce_type: type, ce_dataschema: schema, traceparent } = headers;
  return {
    type,
    version: parseDataSchemaVersion(schema),
    envelope: {
      id: headers.ce_id,
      subject: headers.ce_subject,
      sequence: Number(headers.ce_sequence),
      time: headers.ce_time,
      correlationId: headers.ce_correlationid,
      causationId: headers.ce_causationid,
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  };
}

type RawHeaders = Readonly<Record<string, HeaderValue>>;

/**
 * Returns the values of the given headers as strings. A header is undefined if it is absent, repeated or not
 * UTF-8.
 */
export function readHeaderTexts(
  headers: RawHeaders,
  wanted: readonly string[],
): Readonly<Record<string, string | undefined>> {
  const texts: Record<string, string | undefined> = {};
  for (const name of wanted) texts[name] = decodeHeader(headers[name]);
  return texts;
}

/** Reads the event headers. All other headers of the record are ignored. */
export function readEventHeaders(headers: RawHeaders): ReadEventHeadersResult {
  const parsed = eventHeaders.safeParse(readHeaderTexts(headers, names));
  if (!parsed.success)
    return { flaw: `bad header: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}` };
  const facts = factsOf(parsed.data);
  if (parsed.data.ce_dataschema !== dataSchemaUri(facts.type, facts.version)) {
    return { flaw: 'ce_dataschema is of another type than ce_type' };
  }
  return { facts };
}

const proofEntries = Object.entries(proofPatterns);

/**
 * Reads the proof headers of a record.
 * @returns the proof; `unsigned` if the record has no proof headers; `invalid` if the proof headers are
 * incomplete or malformed
 */
export function readProofHeaders(headers: RawHeaders): EventProof | 'unsigned' | 'invalid' {
  const texts: { [Name in ProofHeader]?: string } = {};
  let found = false;
  for (const [name, pattern] of proofEntries) {
    const value = headers[name];
    if (value === undefined) continue;
    found = true;
    // A header that is repeated or is not UTF-8 makes the proof invalid. It must not count as absent, because
    // a record without proof headers is only unsigned.
    const text = decodeHeader(value);
    if (text === undefined || !pattern.test(text)) return 'invalid';
    texts[name as ProofHeader] = text;
  }
  if (!found) return 'unsigned';
  const { ce_hash: hash, ce_signature: signature, ce_previoushash: previous } = texts;
  if (hash === undefined || signature === undefined) return 'invalid';
  const { ce_persondigest: digest, ce_personsalt: salt } = texts;
  return {
    hash,
    ...(previous === undefined ? {} : { previous }),
    ...(digest === undefined ? {} : { person: { digest, ...(salt === undefined ? {} : { salt }) } }),
    signature,
  };
}
