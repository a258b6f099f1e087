/** The events of a commit as the stores keep them, read as today's facts. The same for every adapter. */
import { catalogue, type EventType, upcast } from '@latchkey/events';
import { type RecordedFact, UnreadableCommit } from '../ports/journal.ts';

interface StoredEvent {
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
}

/**
 * The facts that were stored as JSON text, each upcast to the current version of its type.
 * @throws UnreadableCommit on an unknown type or version, or on what is no list of events.
 */
export function readStoredEvents(stream: string, number: number, json: string): readonly RecordedFact[] {
  return readEvents(stream, number, parse(json));
}

/**
 * The same of events that a store has kept as values.
 * @throws UnreadableCommit likewise
 */
export function readEvents(stream: string, number: number, events: unknown): readonly RecordedFact[] {
  return listOf(stream, number, events).map((event) => {
    if (!isKnown(event.type)) {
      throw new UnreadableCommit(stream, number, `unknown type ${event.type}`);
    }
    const data = currentData(stream, number, event);
    // Only decisions of this service get into the journal: that data and type belong together is not checked again.
    return { ...event, data, version: catalogue[event.type].version } as RecordedFact;
  });
}

/** What is read, or why it cannot be. */
export function orUnreadable<Events>(read: () => Events): Events | UnreadableCommit {
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

/** Undefined for what is not JSON: the parser's message would quote it. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
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
