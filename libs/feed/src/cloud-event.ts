/** Records of the log as CloudEvents 1.0 in JSON. */
import type { BusRecord } from '@latchkey/bus';
import { dataSchemaUri, decodeUtf8, subjectOfKey } from '@latchkey/events';
import { parseJson } from './json.ts';

/** Which events and fields a reader gets. */
export interface FeedReaderView {
  /** The types of events that the reader sees; undefined for all. */
  readonly types?: ReadonlySet<string>;
  /** Whether personal data is shown. */
  readonly person: boolean;
  /**
   * Whether events whose types the reader does not see are replaced by placeholders without data, so that the sequences
   * of an account have no gaps.
   */
  readonly placeholders: boolean;
}

/** The type of a placeholder, which replaces an event that the reader may not see. No real event has this type. */
export const PLACEHOLDER_EVENT_TYPE = 'Other';

/**
 * Returns the JSON text of an event. Returns undefined if the reader may not see events of its type, or if the key of
 * the record is not text. All attributes are passed on unchanged, even if this release does not know them.
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
 * Returns the attributes of an event. The salt is omitted together with the person, because a reader with the salt
 * could guess the personal data and check each guess against the digest.
 */
function attributesOf({ headers }: BusRecord, account: string, { person }: FeedReaderView): Attributes {
  const attributes: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    const attribute = attributeName(name);
    if (attribute === undefined || !Buffer.isBuffer(value)) continue;
    const text = decodeUtf8(value);
    if (text !== undefined && (person || attribute !== 'personsalt')) attributes[attribute] = text;
  }
  if (attributes['subject'] !== account) attributes['partitionkey'] = account;
  return attributes;
}

/** Names that the feed itself uses in its events. A header with such a name is not passed on. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['data', 'feedpartition', 'feedoffset']);

/**
 * Caches the attribute name of each header, because all records have the same headers. The size of the cache is
 * limited, because a producer may write headers with any names.
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
 * Returns the name of the attribute that a header contains. In the Kafka binding, one attribute has a header of a
 * different name, the headers of the trace context have the names of their attributes, and all other headers have a
 * prefix.
 */
function readAttributeName(header: string): string | undefined {
  if (header === 'content-type') return 'datacontenttype';
  if (header === 'traceparent' || header === 'tracestate') return header;
  if (!/^ce_[a-z\d]+$/.test(header)) return undefined;
  const name = header.slice('ce_'.length);
  return RESERVED_NAMES.has(name) ? undefined : name;
}

/** Returns the JSON of an event, with the position of the record on the log added as extension attributes. */
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
