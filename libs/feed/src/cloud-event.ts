/** Converts records of the log to CloudEvents 1.0 in JSON. */
import type { BusRecord } from '@latchkey/bus';
import { dataSchemaUri, decodeHeader, decodeUtf8, subjectOfKey } from '@latchkey/events';
import { parseJson } from './json.ts';

/** Which events and which of their fields a reader of the feed gets. */
export interface FeedReaderView {
  /** The types of events that the reader sees; undefined for all. */
  readonly types?: ReadonlySet<string>;
  /** Whether the reader sees personal data. */
  readonly person: boolean;
  /**
   * Whether the reader gets a placeholder without data for each event that it may not see, so that the
   * sequences of an account have no gaps.
   */
  readonly placeholders: boolean;
}

/**
 * The type of a placeholder, which a reader gets in place of an event that it may not see. No real event has
 * this type.
 */
export const PLACEHOLDER_EVENT_TYPE = 'Other';

/**
 * Returns an event as JSON text. Undefined if the reader may not see events of its type, or if the key of the
 * record is not text. All attributes are passed on unchanged, even those that this release does not know.
 */
export function toCloudEvent(record: BusRecord, view: FeedReaderView): string | undefined {
  const key = record.key === null ? undefined : decodeUtf8(record.key);
  if (key === undefined) return undefined;
  const attributes = attributesOf(record, subjectOfKey(record.key) ?? key, view);
  const isShown = view.types === undefined || view.types.has(attributes['type'] ?? '');
  if (isShown) return withData(attributes, record, view.person);
  if (!view.placeholders) return undefined;
  const dataschema = dataSchemaUri(PLACEHOLDER_EVENT_TYPE, 1);
  return withPosition({ ...attributes, type: PLACEHOLDER_EVENT_TYPE, dataschema }, record);
}

type Attributes = Readonly<Record<string, string>>;

/**
 * Returns the attributes of an event. If the reader must not see the person, the salt is left out, too. With
 * the salt, a reader could guess the personal data and check each guess against the digest.
 */
function attributesOf({ headers }: BusRecord, account: string, { person }: FeedReaderView): Attributes {
  const attributes: Record<string, string> = {};
  for (const name in headers) {
    const attribute = attributeName(name);
    if (attribute === undefined) continue;
    const text = decodeHeader(headers[name]);
    if (text !== undefined && (person || attribute !== 'personsalt')) attributes[attribute] = text;
  }
  if (attributes['subject'] !== account) attributes['partitionkey'] = account;
  return attributes;
}

/** Names that the feed itself uses in its events. Headers with these names are not passed on. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['data', 'feedpartition', 'feedoffset']);

/**
 * Caches the attribute name of each header, because all records have the same headers. The cache is bounded,
 * because a producer may invent any number of header names.
 */
const knownNames = new Map<string, string | undefined>();
const MAX_KNOWN_NAMES = 1000;
const MAX_KNOWN_NAME_LENGTH = 100;

function attributeName(header: string): string | undefined {
  if (header.length > MAX_KNOWN_NAME_LENGTH) return readAttributeName(header);
  const known = knownNames.get(header);
  if (known !== undefined || knownNames.has(header)) return known;
  if (knownNames.size >= MAX_KNOWN_NAMES) knownNames.clear();
  const name = readAttributeName(header);
  knownNames.set(header, name);
  return name;
}

/**
 * Returns the name of the event attribute that a header contains. In the Kafka binding, `datacontenttype` is
 * in the header `content-type`, and the headers of the trace context are named like their attributes. All
 * other headers have a prefix before the name of the attribute.
 */
function readAttributeName(header: string): string | undefined {
  if (header === 'content-type') return 'datacontenttype';
  if (header === 'traceparent' || header === 'tracestate') return header;
  if (!/^ce_[a-z\d]+$/.test(header)) return undefined;
  const name = header.slice('ce_'.length);
  return RESERVED_NAMES.has(name) ? undefined : name;
}

/** Returns an event as JSON text, with the position of its record on the log as additional attributes. */
function withPosition(attributes: Attributes, { partition, offset }: BusRecord, data = ''): string {
  const text = JSON.stringify(attributes).slice(0, -1);
  return `${text},"feedpartition":${partition},"feedoffset":${offset}${data}}`;
}

function withData(attributes: Attributes, record: BusRecord, person: boolean): string {
  const { value } = record;
  if (value === null) return withPosition(attributes, record);
  const text = decodeUtf8(value);
  const json = text === undefined ? undefined : parseJson(text);
  if (json === undefined)
    return person
      ? withPosition(attributes, record, `,"data_base64":"${value.toString('base64')}"`)
      : withPosition(attributes, record);
  const data = person || !hasPerson(json) ? text : JSON.stringify({ ...json, person: null });
  return withPosition(attributes, record, `,"data":${data}`);
}

function hasPerson(json: unknown): json is object {
  return typeof json === 'object' && json !== null && 'person' in json;
}
