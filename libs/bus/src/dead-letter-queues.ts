/**
 * Access to the dead-letter queues for operators. A topic does not allow deleting a single record.
 * `discard` therefore appends a marker record to the same topic. A dead letter for which there is a marker
 * is no longer listed. The marker is kept at least as long as the dead letter.
 */
import type { Bus, BusRecord } from './bus.ts';
import { DEAD_LETTER_TOPIC_INFIX } from './dead-letter.ts';
import type { LogReader } from './reader.ts';

/** The position of a record on the log. */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface DeadLetter {
  /** The dead letter's position in the dead-letter topic. */
  readonly place: RecordPosition;
  /** The group that could not use the record. */
  readonly group: string;
  readonly cause: string;
  /**
   * The position of the record on its original topic, from the headers of the dead letter. Undefined if these
   * headers contain no valid position.
   */
  readonly origin?: RecordPosition;
  /**
   * The record in the dead-letter topic. The key, the value and the headers are the same as in the original
   * record, with the `dlq_` headers added.
   */
  readonly record: BusRecord;
}

export interface DeadLetterQuery {
  /** The maximum number of dead letters to return; at least 1. */
  readonly limit: number;
  /** If set, only dead letters after this position are returned. */
  readonly after?: RecordPosition;
}

export interface DeadLetterQueues {
  /**
   * Returns the dead letters of all groups, except discarded ones, ordered by topic, partition and offset.
   */
  list(page: DeadLetterQuery): Promise<readonly DeadLetter[]>;
  /** Returns the dead letter at a position, even if it is discarded. */
  find(place: RecordPosition): Promise<DeadLetter | undefined>;
  /**
   * Marks a dead letter as handled, so that it is no longer listed. Its bytes remain until the retention
   * ends.
   * @returns false if it was discarded already
   * @throws Error if there is no such dead letter
   */
  discard(place: RecordPosition): Promise<boolean>;
}

/**
 * The header of the marker record that discards a dead letter. A record with this header is a marker only if
 * it has no header `dlq_cause`, because every dead letter has a cause.
 */
const DISCARDS = 'dlq_discards';

export interface DeadLetterQueuesDeps {
  readonly bus: Pick<Bus, 'publish'>;
  readonly reader: LogReader;
}

export function openDeadLetterQueues({ bus, reader }: DeadLetterQueuesDeps): DeadLetterQueues {
  async function topics(): Promise<readonly string[]> {
    return (await reader.topics()).filter((name) => name.includes(DEAD_LETTER_TOPIC_INFIX));
  }

  /** Reads every record of a topic after a position. */
  async function* recordsOf(topic: string, after?: RecordPosition): AsyncGenerator<BusRecord> {
    function behind(partition: number): number {
      return after === undefined || partition > after.partition ? 0 : after.offset + 1;
    }
    for (const { partition, start, end } of await reader.ranges(topic)) {
      if (after !== undefined && partition < after.partition) continue;
      const range = { partition, start: Math.max(start, behind(partition)), end };
      for await (const run of reader.read(topic, range)) yield* run;
    }
  }

  async function discardedIn(topic: string): Promise<ReadonlySet<string>> {
    const discarded = new Set<string>();
    for await (const record of recordsOf(topic))
      if (isMarker(record)) discarded.add(headerOf(record, DISCARDS));
    return discarded;
  }

  async function* lettersOf(topic: string, after?: RecordPosition): AsyncGenerator<DeadLetter> {
    const discarded = await discardedIn(topic);
    for await (const record of recordsOf(topic, after)) {
      if (!isMarker(record) && !discarded.has(nameOf(record))) yield letterOf(record);
    }
  }

  async function find(place: RecordPosition): Promise<DeadLetter | undefined> {
    const { topic, partition, offset } = place;
    if (!(await topics()).includes(topic)) return undefined;
    const range = (await reader.ranges(topic)).find((each) => each.partition === partition);
    if (range === undefined || offset < range.start || offset >= range.end) return undefined;
    const runs = reader.read(topic, { partition, start: offset, end: offset + 1 });
    const [record] = (await Array.fromAsync(runs)).flat();
    return record === undefined || isMarker(record) ? undefined : letterOf(record);
  }

  return {
    find,
    async list({ limit, after }) {
      const found: DeadLetter[] = [];
      for (const topic of await topics()) {
        if (after !== undefined && topic < after.topic) continue;
        for await (const letter of lettersOf(topic, topic === after?.topic ? after : undefined)) {
          found.push(letter);
          if (found.length === limit) return found;
        }
      }
      return found;
    },
    async discard(place) {
      if ((await find(place)) === undefined) throw new Error('There is no such dead letter.');
      const name = nameOf(place);
      if ((await discardedIn(place.topic)).has(name)) return false;
      await bus.publish(place.topic, [{ key: null, value: null, headers: { [DISCARDS]: name } }]);
      return true;
    },
  };
}

/** Returns a string that identifies a position within its topic. */
function nameOf({ partition, offset }: Pick<RecordPosition, 'partition' | 'offset'>): string {
  return `${partition}/${offset}`;
}

function isMarker({ headers }: BusRecord): boolean {
  return headers[DISCARDS] !== undefined && headers['dlq_cause'] === undefined;
}

/** Returns the value of a header as a string; empty if the header is missing or repeated. */
function headerOf({ headers }: BusRecord, name: string): string {
  const value = headers[name];
  return value === undefined || Array.isArray(value) ? '' : value.toString();
}

function letterOf(record: BusRecord): DeadLetter {
  const { topic, partition, offset } = record;
  const origin = originOf(record);
  return {
    place: { topic, partition, offset },
    group: topic.slice(topic.indexOf(DEAD_LETTER_TOPIC_INFIX) + DEAD_LETTER_TOPIC_INFIX.length),
    cause: headerOf(record, 'dlq_cause') || 'not said',
    ...(origin && { origin }),
    record,
  };
}

function originOf(record: BusRecord): RecordPosition | undefined {
  const topic = headerOf(record, 'dlq_topic');
  const [partition, offset] = [headerOf(record, 'dlq_partition'), headerOf(record, 'dlq_offset')];
  const isPlace = topic !== '' && [partition, offset].every((text) => /^\d+$/.test(text));
  return isPlace ? { topic, partition: Number(partition), offset: Number(offset) } : undefined;
}
