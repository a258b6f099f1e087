/**
 * The headers of a record: CloudEvents 1.0 attributes in Kafka's binary content mode. `datacontenttype` is the
 * header `content-type`, every other attribute has the prefix `ce_`. Values are UTF-8 text without
 * percent-encoding, which belongs to the HTTP binding.
 */
import { z } from 'zod';
import type { Envelope, EventType } from './catalogue.ts';
import { instant } from './fields.ts';

export const EVENT_SOURCE = '/latchkey/auth';

/** The String type of CloudEvents: no control characters, noncharacters or lone surrogates; of limited length. */
const text = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]*$/u);

/** W3C Trace Context, version 00: neither id may be all zeros. */
const traceparent = z.string().regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);

export const eventHeaders = z.object({
  'content-type': z.string().regex(/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i),
  ce_specversion: z.literal('1.0'),
  ce_id: z.uuid(),
  ce_type: text,
  ce_source: z.literal(EVENT_SOURCE),
  ce_subject: z.uuid(),
  ce_time: instant,
  ce_dataschema: z.string().regex(/^urn:latchkey:event:[A-Za-z][A-Za-z0-9]*:[1-9][0-9]{0,8}$/),
  ce_sequence: z.string().regex(/^(?!0{10})[0-9]{10}$/),
  ce_correlationid: text,
  ce_causationid: text,
  // An invalid trace context never makes the event invalid: it is dropped, as W3C Trace Context tells receivers to
  // do.
  traceparent: traceparent.optional().catch(undefined),
});

type EventHeaders = z.infer<typeof eventHeaders>;

const names = Object.keys(eventHeaders.shape);

/** Returns the URI of the schema of an event's data. */
export function dataSchemaUri(type: string, version: number): string {
  return `urn:latchkey:event:${type}:${version}`;
}

/** The values that headers are made from; all other headers are constants. */
const writable = z.object({
  id: eventHeaders.shape.ce_id,
  subject: eventHeaders.shape.ce_subject,
  sequence: z.int().min(1).max(9_999_999_999),
  time: instant,
  correlationId: text,
  causationId: text,
});

/** Returns the headers of a record. @throws ZodError if the envelope violates their rules */
export function writeHeaders(envelope: Envelope, type: EventType, version: number): Record<string, string> {
  const { id, subject, sequence, time, correlationId, causationId } = writable.parse(envelope);
  const trace = eventHeaders.shape.traceparent.parse(envelope.traceparent);
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: type,
    ce_source: EVENT_SOURCE,
    ce_subject: subject,
    ce_time: time,
    ce_dataschema: dataSchemaUri(type, version),
    ce_sequence: String(sequence).padStart(10, '0'),
    ce_correlationid: correlationId,
    ce_causationid: causationId,
    ...(trace === undefined ? {} : { traceparent: trace }),
  };
}

/** A header as it comes from a bus; a repeated one is an array. */
export type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;

export interface HeaderFacts {
  readonly envelope: Envelope;
  readonly type: string;
  readonly version: number;
}

/** The values of the headers, or the names of the invalid ones. */
export type ReadHeaders = { readonly facts: HeaderFacts } | { readonly flaw: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns bytes as text, or undefined if they are not UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns undefined for a header that is absent, repeated or not UTF-8. */
function headerText(value: HeaderValue): string | undefined {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return textOf(value);
  return undefined;
}

function factsOf(headers: EventHeaders): HeaderFacts {
  const { ce_type: type, ce_dataschema: schema, traceparent } = headers;
  return {
    type,
    version: Number(schema.slice(schema.lastIndexOf(':') + 1)),
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

/** Reads the headers of a record. Other headers are ignored. */
export function readHeaders(headers: Readonly<Record<string, HeaderValue>>): ReadHeaders {
  const texts = names.map((name) => [name, headerText(headers[name])]);
  const parsed = eventHeaders.safeParse(Object.fromEntries(texts));
  if (!parsed.success)
    return { flaw: `bad header: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}` };
  const facts = factsOf(parsed.data);
  if (parsed.data.ce_dataschema !== dataSchemaUri(facts.type, facts.version)) {
    return { flaw: 'ce_dataschema is of another type than ce_type' };
  }
  return { facts };
}
