/**
 * The keys of records. Each event on the accounts topic has its own key, `<account>/<sequence>`, so that a
 * later record with the same key can replace it. On other topics, and in records that release 0.1 wrote, the
 * key is only the id.
 */
import { z } from 'zod';
import type { Envelope } from './catalogue.ts';
import { decodeUtf8 } from './headers.ts';
import { ACCOUNTS_TOPIC, accountsTopic, type TopicName } from './topics.ts';

/** The contents of the key of an event's record. */
export interface EventRecordKey {
  /** The id of the account, the mailing or the delivery. */
  readonly subject: string;
  /** The sequence of the event; absent if the key contains only the id. */
  readonly sequence?: number;
}

/** Matches the ids that `z.uuid()` accepts. */
const UUID = z.regexes.uuid();
const SEQUENCE = /^[1-9]\d{0,9}$/;
const HEARTBEAT = 'heartbeat';

/** Returns the key of an event's record on a topic. */
export function recordKeyOfEvent(
  topic: TopicName,
  { subject, sequence }: Pick<Envelope, 'subject' | 'sequence'>,
): string {
  return topic === ACCOUNTS_TOPIC ? `${subject}/${sequence}` : subject;
}

/**
 * Parses the key of an event's record: `<id>/<sequence>`, or only the id. Returns undefined for any other
 * key.
 */
export function parseEventKey(recordKey: Buffer | null): EventRecordKey | undefined {
  const { id, rest } = partsOf(recordKey);
  if (id === undefined) return undefined;
  if (rest === undefined) return { subject: id };
  return SEQUENCE.test(rest) ? { subject: id, sequence: Number(rest) } : undefined;
}

/**
 * Returns the id in the key of an event's record: of the account, the mailing or the delivery. Undefined if
 * the key contains no id.
 */
export function subjectOfKey(recordKey: Buffer | null): string | undefined {
  return parseEventKey(recordKey)?.subject;
}

/**
 * Returns whether several events may have this record key. On an accounts topic that release 0.1 wrote, all
 * events of an account have the same key, so compaction would remove all of them except the last.
 */
export function sharesKey(recordKey: Buffer | null): boolean {
  const parsed = parseEventKey(recordKey);
  return parsed !== undefined && parsed.sequence === undefined;
}

/**
 * The accounts topic, for the services that read it. These services use `sharesKey` to check whether
 * compaction could remove events, which is the case if several records have the same key.
 */
export const checkedAccountsTopic = { ...accountsTopic, compaction: { sharesKey } };

/**
 * Returns the key of a heartbeat in the same partition as the events of an account. A heartbeat is a record
 * without content; it makes the broker begin a new segment.
 */
export function heartbeatKey(accountId: string): string {
  return `${accountId}/${HEARTBEAT}`;
}

/** Returns whether a record is a heartbeat, which consumers must skip. */
export function isHeartbeat({ key }: { readonly key: Buffer | null }): boolean {
  return partsOf(key).rest === HEARTBEAT;
}

function partsOf(key: Buffer | null): { readonly id?: string; readonly rest?: string } {
  const text = key === null ? undefined : decodeUtf8(key);
  if (text === undefined) return {};
  const slash = text.indexOf('/');
  const id = slash === -1 ? text : text.slice(0, slash);
  if (!UUID.test(id)) return {};
  return { id, ...(slash === -1 ? {} : { rest: text.slice(slash + 1) }) };
}
