/** Converts an event of the feed back to the record on the log. */
import type { BusRecord } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '../../topics.ts';
import type { FeedEvent } from './feed-client.ts';

/** The attributes of a feed event that do not become headers of the record. */
const OTHERS = new Set(['data', 'data_base64', 'partitionkey', 'feedpartition', 'feedoffset']);

/** Returns the record of a feed event, with the partition and the offset that the event contains. */
export function convertFeedEventToRecord(event: FeedEvent): BusRecord {
  const attributes = Object.entries(event).filter(
    (entry): entry is [string, string] => !OTHERS.has(entry[0]) && typeof entry[1] === 'string',
  );
  const { feedpartition, feedoffset, time } = event;
  const key = event['partitionkey'] ?? event['subject'];
  return {
    topic: ACCOUNTS_TOPIC,
    partition: feedpartition,
    offset: feedoffset,
    timestamp: new Date(typeof time === 'string' ? time : 0),
    key: typeof key === 'string' ? Buffer.from(key) : null,
    value: dataOf(event),
    headers: Object.fromEntries(attributes.map(([name, text]) => [headerName(name), Buffer.from(text)])),
  };
}

function headerName(attribute: string): string {
  if (attribute === 'datacontenttype') return 'content-type';
  return attribute === 'traceparent' || attribute === 'tracestate' ? attribute : `ce_${attribute}`;
}

function dataOf({ data, data_base64: bytes }: FeedEvent): Buffer | null {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  return data === undefined ? null : Buffer.from(JSON.stringify(data));
}
