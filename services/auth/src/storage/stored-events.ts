/** Reads the events of a commit as the stores keep them. Shared by all adapters. */

import { type ChainEntry, catalogue, type EventType, upcast } from '@latchkey/events';
import { parseJson } from '@latchkey/process';
import { type Commit, type RecordedFact, UnreadableCommit } from '../ports/journal.ts';

interface StoredEvent {
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
  readonly chain?: ChainEntry;
}

/**
 * Parses a JSON string of events, and returns the facts, each upcast to the current version of its type.
 * @throws UnreadableCommit on an unknown type or version, or if the string is not a list of events
 */
export function readStoredEvents(stream: string, number: number, json: string): readonly RecordedFact[] {
  return readEvents(stream, number, parseJson(json));
}

/**
 * Like `readStoredEvents`, for events that a store keeps as parsed values.
 * @throws UnreadableCommit
 */
export function readEvents(stream: string, number: number, events: unknown): readonly RecordedFact[] {
  return listOf(stream, number, events).map((event) => {
    if (!isKnown(event.type)) {
      throw new UnreadableCommit(stream, number, `unknown type ${event.type}`);
    }
    const data = currentData(stream, number, event);
    // Only decisions of this service are in the journal, so data and type match.
    const { version } = catalogue[event.type];
    const stored = event.version === version ? {} : { stored: { version: event.version, data: event.data } };
    return { ...event, data, version, ...stored } as RecordedFact;
  });
}

/**
 * Returns stored events with chain entries; the given entries are used where none is stored.
 * @throws UnreadableCommit if the string is not a list of events
 */
export function addChainEntries(
  stream: string,
  number: number,
  json: string,
  entries: readonly ChainEntry[],
) {
  return listOf(stream, number, parseJson(json)).map((event, index) => {
    const chain = event.chain ?? entries[index];
    if (chain === undefined) throw new UnreadableCommit(stream, number, 'it has more events than entries');
    return { ...event, chain };
  });
}

/**
 * Groups stored commits by stream, in the given order. A stream with an unreadable commit has the reason in place of
 * its commits.
 */
export function groupReadableCommitsByStream<Row extends { readonly stream?: unknown }>(
  rows: readonly Row[],
  read: (row: Row) => Commit,
): ReadonlyMap<string, readonly Commit[] | UnreadableCommit> {
  const byStream = Map.groupBy(rows, ({ stream }) => String(stream));
  return new Map([...byStream].map(([stream, its]) => [stream, readOrUnreadable(() => its.map(read))]));
}

/** Returns the result of `read`, or the reason why the commit is unreadable. */
export function readOrUnreadable<Events>(read: () => Events): Events | UnreadableCommit {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableCommit) return error;
    throw error;
  }
}

function listOf(stream: string, number: number, events: unknown): readonly StoredEvent[] {
  if (Array.isArray(events) && events.length > 0 && events.every(isStoredEvent)) return events;
  throw new UnreadableCommit(stream, number, 'not a list of events');
}

function isStoredEvent(value: unknown): value is StoredEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'version' in value &&
    typeof value.version === 'number' &&
    'data' in value
  );
}

function isKnown(type: string): type is EventType {
  return Object.hasOwn(catalogue, type);
}

function currentData(stream: string, number: number, { type, version, data }: StoredEvent): unknown {
  try {
    const current = upcast(type, version, data);
    if (current !== undefined) return current;
  } catch {
    throw new UnreadableCommit(stream, number, `data does not fit version ${version} of ${type}`);
  }
  throw new UnreadableCommit(stream, number, `unknown version ${version} of ${type}`);
}
