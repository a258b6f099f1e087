/** Reads events in the form in which the stores keep them. Shared by all adapters. */

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
 * Parses stored events from JSON and upcasts each event to the current version of its type.
 * @throws UnreadableCommit on an unknown type or version, or if the JSON is not a list of events
 */
export function parseStoredEvents(stream: string, number: number, json: string): readonly RecordedFact[] {
  return upcastStoredEvents(stream, number, parseJson(json));
}

/**
 * Upcasts stored events like `parseStoredEvents`, which takes JSON; this function takes events that are
 * already parsed.
 * @throws UnreadableCommit
 */
export function upcastStoredEvents(stream: string, number: number, events: unknown): readonly RecordedFact[] {
  return listOf(stream, number, events).map((event) => {
    if (!isKnown(event.type)) {
      throw new UnreadableCommit(stream, number, `unknown type ${event.type}`);
    }
    const data = currentData(stream, number, event);
    // The cast is safe, because only auth writes to the journal, so `data` matches `type`.
    const { version } = catalogue[event.type];
    const stored = event.version === version ? {} : { stored: { version: event.version, data: event.data } };
    return { ...event, data, version, ...stored } as RecordedFact;
  });
}

/**
 * Adds hash-chain entries to stored events. An event that already has an entry keeps it.
 * @throws UnreadableCommit if `json` is not a list of events, or has more events than there are entries
 */
export function addChainEntriesToStoredEvents(
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
 * Groups stored commits by stream, keeping their order. If a commit cannot be read, the result contains the
 * error instead of the stream's commits.
 */
export function groupReadableCommitsByStream<Row extends { readonly stream?: unknown }>(
  rows: readonly Row[],
  read: (row: Row) => Commit,
): ReadonlyMap<string, readonly Commit[] | UnreadableCommit> {
  const byStream = Map.groupBy(rows, ({ stream }) => String(stream));
  return new Map(
    [...byStream].map(([stream, its]) => [stream, readOrReturnUnreadableCommit(() => its.map(read))]),
  );
}

/** Returns the result of `read`, or the UnreadableCommit that it throws. */
export function readOrReturnUnreadableCommit<Events>(read: () => Events): Events | UnreadableCommit {
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
