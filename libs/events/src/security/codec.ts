/**
 * Encodes security events as records: CloudEvents 1.0 in Kafka's binary mode, like account events, but
 * without a sequence.
 */
import { z } from 'zod';
import { dataSchemaUri } from '../data-schema-uri.ts';
import { decodeUtf8, eventHeaders, eventSourceUris, type HeaderValue, readHeaderTexts } from '../headers.ts';
import { SECURITY_TOPIC } from '../topics.ts';
import {
  isSecurityEventType,
  type SecurityEvent,
  type SecurityEventType,
  securityCatalogue,
} from './catalogue.ts';

const { ce_sequence: _s, ce_causationid: _c, traceparent: _t, ce_subject, ...kept } = eventHeaders.shape;

/** The headers of a security event. `ce_subject` is the account that the event is about, if any. */
export const securityEventHeaders = z.object({
  ...kept,
  ce_source: z.literal(eventSourceUris.auth),
  ce_subject: ce_subject.optional(),
});

const names = Object.keys(securityEventHeaders.shape);

/** A security event in the form in which it is published on a bus. */
export interface EncodedSecurityEvent {
  readonly topic: typeof SECURITY_TOPIC;
  /** The id of the account that the event is about, if any. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Returns the record of a security event. Omits fields that its schema does not declare.
 * @throws ZodError if data or envelope violate their schema
 */
export function encodeSecurityEvent(event: SecurityEvent): EncodedSecurityEvent {
  const { version, schema } = securityCatalogue[event.type];
  const data = schema.parse(event.data);
  const account = 'accountId' in data ? data.accountId : undefined;
  const headers = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.type,
    ce_source: eventSourceUris.auth,
    ...(account !== undefined && { ce_subject: account }),
    ce_time: event.time,
    ce_dataschema: dataSchemaUri(event.type, version),
    ce_correlationid: event.correlationId,
  };
  securityEventHeaders.parse(headers);
  return {
    topic: SECURITY_TOPIC,
    key: account ?? null,
    value: Buffer.from(JSON.stringify(data)),
    headers,
  };
}

type SecurityRecord = {
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
};

/**
 * Decodes a record. Never throws. Returns undefined if the record is not a security event, if a later release
 * has added the type of the event, or if the record is damaged.
 */
export function decodeSecurityEvent({ value, headers }: SecurityRecord): SecurityEvent | undefined {
  const parsed = securityEventHeaders.safeParse(readHeaderTexts(headers, names));
  if (!parsed.success) return undefined;
  const { ce_type: type, ce_dataschema, ce_id: id, ce_time: time, ce_correlationid } = parsed.data;
  if (!isSecurityEventType(type) || ce_dataschema !== dataSchemaUri(type, securityCatalogue[type].version))
    return undefined;
  const data = dataOf(type, value);
  // The data has passed the schema of `type`, but the compiler cannot infer that the type and the data belong
  // together.
  return data === undefined
    ? undefined
    : ({ id, time, correlationId: ce_correlationid, type, data } as SecurityEvent);
}

function dataOf(type: SecurityEventType, value: Buffer | null): unknown {
  const text = value === null ? undefined : decodeUtf8(value);
  if (text === undefined) return undefined;
  try {
    const parsed = securityCatalogue[type].schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
