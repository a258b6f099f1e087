/** Records of the log as CloudEvents 1.0 in JSON. */
import { isUtf8 } from 'node:buffer';
import type { BusRecord } from '@latchkey/bus';
import { dataSchemaUri, subjectOfKey } from '@latchkey/events';
import { parseJson } from './json.ts';

/** What a reader may see. */
export interface ReaderView {
  /** The types of events that the reader sees; undefined for all. */
  readonly types?: ReadonlySet<string>;
  /** Whether personal data is shown. */
  readonly person: boolean;
  /** Whether events of other types are shown without their data, so that the sequences have no gaps. */
  readonly placeholders: boolean;
}

/** The type of an event that is shown without its data. No real event has it. */
export const PLACEHOLDER_EVENT_TYPE = 'Other';

/** Returns the text; undefined if the bytes are not UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/**
 * Returns the JSON text of an event. Returns undefined if the reader may not see it: its type is excluded, or its
 * key is not an account. All attributes are passed on unchanged, including those that this release does not know.
 */
export function toCloudEvent(record: BusRecord, view: ReaderView): string | undefined {
  const key = record.key === null ? undefined : textOf(record.key);
  if (key === undefined) return undefined;
  const { personsalt, ...others } = attributesOf(record, subjectOfKey(record.key) ?? key);
  // The salt is removed together with the person, because it would allow a reader to test guesses against the digest.
  const attributes = view.person && personsalt !== undefined ? { ...others, personsalt } : others;
  const isShown = view.types === undefined || view.types.has(attributes['type'] ?? '');
  if (isShown) return withData(attributes, record, view.person);
  if (!view.placeholders) return undefined;
  const dataschema = dataSchemaUri(PLACEHOLDER_EVENT_TYPE, 1);
  return withPlace({ ...attributes, type: PLACEHOLDER_EVENT_TYPE, dataschema }, record);
}

function attributesOf({ headers }: BusRecord, account: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const attribute = attributeName(name);
    if (attribute === undefined || !Buffer.isBuffer(value)) continue;
    const text = textOf(value);
    if (text !== undefined) attributes[attribute] = text;
  }
  if (attributes['subject'] !== account) attributes['partitionkey'] = account;
  return attributes;
}

/**
 * Returns the attribute that a header contains. The Kafka binding uses a different name for one attribute and a prefix
 * for the others; the trace context has no prefix.
 */
function attributeName(header: string): string | undefined {
  if (header === 'content-type') return 'datacontenttype';
  if (header === 'traceparent' || header === 'tracestate') return header;
  return /^ce_[a-z\d]+$/.test(header) ? header.slice('ce_'.length) : undefined;
}

/** Returns the JSON of an event, with the position of the record on the log added as extension attributes. */
function withPlace(attributes: Readonly<Record<string, string>>, record: BusRecord, data = ''): string {
  const { partition, offset } = record;
  const text = JSON.stringify({ ...attributes, feedpartition: partition, feedoffset: offset });
  return `${text.slice(0, -1)}${data}}`;
}

function withData(attributes: Readonly<Record<string, string>>, record: BusRecord, person: boolean): string {
  const { value } = record;
  if (value === null) return withPlace(attributes, record);
  const text = textOf(value);
  const json = text === undefined ? undefined : parseJson(text);
  if (json === undefined)
    return person
      ? withPlace(attributes, record, `,"data_base64":"${value.toString('base64')}"`)
      : withPlace(attributes, record);
  const data = person || !hasPerson(json) ? text : JSON.stringify({ ...json, person: null });
  return withPlace(attributes, record, `,"data":${data}`);
}

function hasPerson(json: unknown): json is object {
  return typeof json === 'object' && json !== null && 'person' in json;
}
