/** Compares the topics with the journal. */
import { isDeepStrictEqual } from 'node:util';
import { findSchemaViolations } from '../../support/event-checks.ts';
import { getStreamId } from '../../support/kcat.ts';
import { isMailing, type Journal, type JournalEvent } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import type { TopicRecord } from './stored.ts';

const ACCOUNTS = 'accounts.events.v1';
const MAILINGS = 'mailings.events.v1';
export const EVENT_TOPICS = [ACCOUNTS, MAILINGS] as const;

/**
 * Returns each consumer group of a system with the topic that it reads.
 * @param generations the names of the tables or collections that contain the generations of the read model,
 * such as `user_profiles_v1`; each generation has its own group
 */
export function listConsumerGroups(
  generations: readonly string[],
): readonly (readonly [group: string, topic: string])[] {
  return [
    ...generations.map((name) => [groupOfGeneration(name), ACCOUNTS] as const),
    ['notifier', ACCOUNTS],
    ['notifier', MAILINGS],
  ];
}

function groupOfGeneration(name: string): string {
  const suffix = name.replace('user_profiles_', '');
  return suffix === 'v1' ? 'user' : `user.${suffix}`;
}

/** The published part of an event. All other fields of an event in the journal are internal. */
interface PublishedEvent {
  readonly topic: string;
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly schema: string | undefined;
  readonly subject: string | undefined;
  readonly sequence: string | undefined;
  readonly time: string | undefined;
  readonly correlationId: string | undefined;
  readonly causationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly data: unknown;
}

function published({ commit, ...event }: JournalEvent, topic: string): PublishedEvent {
  return {
    topic,
    id: event.id,
    type: event.type,
    schema: `urn:latchkey:event:${event.type}:${event.version}`,
    subject: commit.stream,
    sequence: String(event.sequence).padStart(10, '0'),
    time: event.time,
    correlationId: commit.correlationId,
    causationId: commit._id,
    traceparent: commit.traceparent,
    data: event.data,
  };
}

function said({ topic, headers, payload }: TopicRecord): PublishedEvent {
  return {
    topic,
    id: headers['ce_id'],
    type: headers['ce_type'],
    schema: headers['ce_dataschema'],
    subject: headers['ce_subject'],
    sequence: headers['ce_sequence'],
    time: headers['ce_time'],
    correlationId: headers['ce_correlationid'],
    causationId: headers['ce_causationid'],
    traceparent: headers['traceparent'],
    data: jsonOf(payload),
  };
}

export interface TopicRecordCounts {
  readonly firsts: number;
  readonly duplicates: number;
}

export function countRecords(records: readonly TopicRecord[]): TopicRecordCounts {
  const firsts = new Set(records.map(idOf)).size;
  return { firsts, duplicates: records.length - firsts };
}

/**
 * Checks the records of each account and mailing. Apart from repeated records, they must be the events of the
 * journal, in the same order and with the same content. Each repeated record must equal its first occurrence.
 * All records of an account or mailing must be in the same partition.
 */
export function checkTopics(journal: Journal, records: readonly TopicRecord[]): readonly Violation[] {
  const byKey = Map.groupBy(records, getStreamId);
  const keys = new Set([...journal.events.keys(), ...byKey.keys()]);
  return [
    ...records.flatMap(checkForm),
    ...[...keys].flatMap((key) => checkStream(key, journal.events.get(key) ?? [], byKey.get(key) ?? [])),
  ];
}

function checkForm(record: TopicRecord): readonly Violation[] {
  if (jsonOf(record.payload) === undefined)
    return createViolations('topic', `${logPositionOf(record)} is not JSON`);
  const faults = [...findSchemaViolations(record), ...faultsOfKey(record)];
  return faults.flatMap((fault) => createViolations('topic', `${logPositionOf(record)}: ${fault}`));
}

/**
 * Checks that the key of an event belongs to this event alone. If a later record had the same key, compaction
 * would delete the event.
 */
function faultsOfKey({ topic, key, headers }: TopicRecord): readonly string[] {
  const isOwn = key === `${headers['ce_subject']}/${Number(headers['ce_sequence'])}`;
  return topic !== ACCOUNTS || isOwn ? [] : ['another event may have its key'];
}

function checkStream(
  key: string,
  events: readonly JournalEvent[],
  records: readonly TopicRecord[],
): readonly Violation[] {
  const topic = isMailing(events) ? MAILINGS : ACCOUNTS;
  const inOrder = records.toSorted((a, b) => a.offset - b.offset);
  const partitions = new Set(records.map(({ topic: its, partition }) => `${its} ${partition}`));
  const firsts = new Map<string, TopicRecord>();
  for (const record of inOrder) if (!firsts.has(idOf(record))) firsts.set(idOf(record), record);
  return [
    ...(partitions.size > 1 ? createViolations('topic', `${key} is in ${partitions.size} partitions`) : []),
    ...checkOrder(key, events, [...firsts.values()], topic),
    ...inOrder.flatMap((record) => checkAgain(record, firsts.get(idOf(record)))),
  ];
}

/** Report only the first difference. If an event is missing, every event after it is out of place. */
function checkOrder(
  key: string,
  events: readonly JournalEvent[],
  firsts: readonly TopicRecord[],
  topic: string,
): readonly Violation[] {
  for (const [index, event] of events.entries()) {
    const record = firsts[index];
    const due = `event ${event.sequence} of ${key}`;
    if (record === undefined) return createViolations('topic', `${due} is missing`);
    if (idOf(record) !== event.id)
      return createViolations(
        'topic',
        `${due} is expected at ${logPositionOf(record)}, but another event is there`,
      );
    const differing = differences(published(event, topic), said(record));
    if (differing.length > 0) return createViolations('topic', `${due} differs in ${differing.join(', ')}`);
  }
  return firsts
    .slice(events.length)
    .flatMap((record) => createViolations('topic', `${logPositionOf(record)} is not in the journal`));
}

function checkAgain(record: TopicRecord, first: TopicRecord | undefined): readonly Violation[] {
  if (first === undefined || record === first) return [];
  const differing = differences(said(first), said(record)).filter(
    (name) => name !== 'data' || !isErasedCopy(said(first).data, said(record).data),
  );
  if (differing.length === 0) return [];
  return createViolations(
    'topic',
    `${logPositionOf(record)} repeats ${logPositionOf(first)} with another ${differing.join(', ')}`,
  );
}

/**
 * Returns whether `later` is the same event as `first` with `person: null`. Such copies are allowed, because
 * an operator may publish the events of an erased account again.
 */
function isErasedCopy(first: unknown, later: unknown): boolean {
  return isDeepStrictEqual({ ...(first as object), person: null }, later);
}

function differences(one: PublishedEvent, other: PublishedEvent): readonly string[] {
  return Object.entries(one)
    .filter(([name, value]) => !isDeepStrictEqual(value, other[name as keyof PublishedEvent]))
    .map(([name]) => name);
}

function idOf({ headers, topic, partition, offset }: TopicRecord): string {
  return headers['ce_id'] ?? `${topic} ${partition} ${offset}`;
}

function logPositionOf({ topic, partition, offset }: TopicRecord): string {
  return `record ${offset} of partition ${partition} of ${topic}`;
}

function jsonOf(payload: string | null): unknown {
  try {
    return JSON.parse(payload ?? '');
  } catch {
    return undefined;
  }
}
