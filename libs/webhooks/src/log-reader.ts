/** Reads the events of accounts from the log, and encodes them as the bodies of webhook requests. */
import type { Bus, BusRecord, LogTail } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, subjectOfKey } from '@latchkey/events';
import {
  createFeed,
  decodeFeedCursor,
  encodeFeedCursor,
  type Feed,
  findPartitionPosition,
  isCursorOfLog,
  type SelectGenuineRecords,
  toCloudEvent,
} from '@latchkey/feed';
import { z } from 'zod';
import type { AccountAwaitingRetry, DeliveryProgress, WebhookEndpoint } from './endpoint.ts';
import type { EventPosition } from './progress.ts';

/** The maximum number of events that are sent to an endpoint in one delivery round. */
const EVENTS_PER_PAGE = 100;
const RECORDS_PER_READ = 500;

/** An event on the log, with the body of the request that sends it. */
export interface EventWithPosition extends EventPosition {
  readonly id: string;
  readonly type: string;
  readonly time: Date;
  /**
   * The sequence of the event. Infinity if the record contains no sequence, which never happens with records
   * from Latchkey.
   */
  readonly sequence: number;
  readonly body: string;
}

export interface EventPage {
  readonly events: readonly EventWithPosition[];
  readonly cursor: string;
  /** How many records the log contains after this page. */
  readonly behind: number;
  /** Waits for new records. Resolves when the log may contain more records, or when `signal` is aborted. */
  waitForMore(signal: AbortSignal): Promise<void>;
}

/** Which events an endpoint gets, and whether these events contain personal data. */
type EventSelection = Pick<WebhookEndpoint, 'types' | 'person'>;

/** Reads the events to send to endpoints. All promises reject with the errors of the log. */
export interface EventReader {
  /** Returns the next page of events after a cursor. */
  read(endpoint: EventSelection, after: string | undefined): Promise<EventPage>;
  /**
   * Yields the events of an account that waits for a retry, from the event to retry up to the endpoint's
   * cursor. At first, reads only the first of these events, because the retry often fails.
   */
  readAccount(
    endpoint: EventSelection,
    waiting: AccountAwaitingRetry,
    cursor: string,
  ): AsyncIterable<EventWithPosition>;
  /**
   * Returns whether a cursor belongs to the current log. The offsets in a cursor of another log are
   * meaningless.
   */
  isOfCurrentLog(cursor: string): Promise<boolean>;
  /** Returns the sequence of the first unsent event of each account that has unsent events. */
  findUnsent(delivery: Pick<DeliveryProgress, 'cursor' | 'waiting'>): Promise<ReadonlyMap<string, number>>;
  /** Returns the offset at which a cursor continues in a partition. */
  offsetIn(cursor: string, partition: number): number;
  /** Returns whether `cursor` has reached `end` in every partition. */
  hasReached(cursor: string, end: string): boolean;
}

export function createEventReader(bus: Pick<Bus, 'tail'>, genuine: SelectGenuineRecords): EventReader {
  const feed: Feed = createFeed(bus, genuine);

  return {
    async read(endpoint, after) {
      const page = await feed.read({
        after: after === undefined ? undefined : decodeFeedCursor(after),
        view: viewOf(endpoint),
        limit: EVENTS_PER_PAGE,
      });
      return {
        events: page.events.flatMap((body) => eventOf(body) ?? []),
        cursor: encodeFeedCursor(page.cursor),
        behind: page.behind,
        waitForMore: (signal) => feed.grown(page, signal),
      };
    },

    async *readAccount(endpoint, waiting, cursor) {
      const tail = await bus.tail(ACCOUNTS_TOPIC);
      const end = offsetIn(cursor, waiting.partition);
      const from = await startOf(tail, waiting, end);
      for await (const record of recordsOf({ tail, genuine }, waiting, from, end)) {
        const body = toCloudEvent(record, viewOf(endpoint));
        const event = body === undefined ? undefined : eventOf(body);
        if (event !== undefined) yield event;
      }
    },

    async isOfCurrentLog(cursor) {
      const { id } = await bus.tail(ACCOUNTS_TOPIC);
      const read = decodeFeedCursor(cursor);
      return read !== undefined && isCursorOfLog(read, id);
    },

    async findUnsent({ cursor, waiting }) {
      const tail = await bus.tail(ACCOUNTS_TOPIC);
      const read = cursor === undefined ? undefined : decodeFeedCursor(cursor);
      const waitingFrom = new Map(waiting.map(({ account, offset }) => [account, offset]));
      const unsent = new Map<string, number>();
      for (const { partition, start, end } of await tail.ranges()) {
        const reached = read === undefined ? 0 : findPartitionPosition(read, partition).offset;
        const offsets = waiting.filter((each) => each.partition === partition).map(({ offset }) => offset);
        for await (const { account, sequence, offset } of eventsOf(tail, partition, {
          from: Math.max(start, Math.min(reached, ...offsets)),
          end,
        })) {
          const isUnsent = offset >= Math.min(reached, waitingFrom.get(account) ?? reached);
          if (isUnsent) unsent.set(account, Math.min(sequence, unsent.get(account) ?? sequence));
        }
      }
      return unsent;
    },

    offsetIn,

    hasReached(cursor, end) {
      const [read, wanted] = [decodeFeedCursor(cursor), decodeFeedCursor(end)];
      if (read === undefined || wanted === undefined) return true;
      return [...wanted.places].every(
        ([partition, { offset }]) => findPartitionPosition(read, partition).offset >= offset,
      );
    },
  };
}

function offsetIn(cursor: string, partition: number): number {
  const read = decodeFeedCursor(cursor);
  return read === undefined ? 0 : findPartitionPosition(read, partition).offset;
}

function viewOf({ types, person }: EventSelection) {
  return { ...(types && { types: new Set(types) }), person, placeholders: false };
}

/**
 * Returns the offset at which to continue with a waiting account, which is the offset of the event to retry.
 * If the topic was deleted and created again, returns the start of the partition.
 */
async function startOf(
  tail: LogTail,
  { account, partition, offset, event }: AccountAwaitingRetry,
  end: number,
): Promise<number> {
  const range = (await tail.ranges()).find((each) => each.partition === partition);
  const start = range?.start ?? 0;
  if (offset < start || offset >= end) return start;
  const [record] = await tail.read(partition, offset, 1);
  // If compaction has removed the record at this offset, keep the offset: a later record contains the same
  // event.
  if (record !== undefined && record.offset > offset) return offset;
  const body = record && toCloudEvent(record, { person: false, placeholders: false });
  const found = body === undefined ? undefined : eventOf(body);
  return found?.event === event && found.account === account ? offset : start;
}

/**
 * Yields the records of a partition from the offset `from` up to, but not including, `end`, page by page.
 * @param range.first how many records the first page contains
 */
async function* pagesOf(
  tail: LogTail,
  partition: number,
  {
    from,
    end,
    first = RECORDS_PER_READ,
  }: { readonly from: number; readonly end: number; readonly first?: number },
): AsyncGenerator<readonly BusRecord[]> {
  let offset = from;
  let most = first;
  while (offset < end) {
    const records = await tail.read(partition, offset, Math.min(most, end - offset));
    const last = records.at(-1);
    if (last === undefined) return;
    yield records.filter((record) => record.offset < end);
    offset = last.offset + 1;
    most = RECORDS_PER_READ;
  }
}

/**
 * Yields the records of an account from offset `from` up to, but not including, `end`. Omits forged records.
 */
async function* recordsOf(
  { tail, genuine }: { readonly tail: LogTail; readonly genuine: SelectGenuineRecords },
  { account, partition }: AccountAwaitingRetry,
  from: number,
  end: number,
) {
  for await (const records of pagesOf(tail, partition, { from, end, first: 1 }))
    for (const record of await genuine(records)) if (subjectOfKey(record.key) === account) yield record;
}

/** Yields the events of a partition from one offset up to, but not including, another. */
async function* eventsOf(
  tail: LogTail,
  partition: number,
  range: { readonly from: number; readonly end: number },
): AsyncGenerator<EventWithPosition> {
  for await (const records of pagesOf(tail, partition, range))
    for (const record of records) {
      const body = toCloudEvent(record, { person: false, placeholders: false });
      const event = body === undefined ? undefined : eventOf(body);
      if (event !== undefined) yield event;
    }
}

const attributes = z.object({
  id: z.string().optional(),
  type: z.string().optional(),
  subject: z.string().optional(),
  partitionkey: z.string().optional(),
  time: z.string().optional(),
  sequence: z.coerce.number().optional().catch(undefined),
  feedpartition: z.number(),
  feedoffset: z.number(),
});

function eventOf(body: string): EventWithPosition | undefined {
  const parsed = attributes.safeParse(JSON.parse(body));
  if (!parsed.success) return undefined;
  const { type = 'unknown', subject = '', partitionkey, time = '', feedpartition, feedoffset } = parsed.data;
  // Records from Latchkey always have an id. Identify a record without one by its partition and offset.
  const { id = `${feedpartition}-${feedoffset}`, sequence = Number.POSITIVE_INFINITY } = parsed.data;
  const decided = new Date(time);
  return {
    id,
    event: id,
    type,
    account: partitionkey ?? subject,
    sequence,
    // If the event has no valid time, use the current time, so that the event is sent even if the endpoint
    // gets only events after its creation.
    time: Number.isNaN(decided.getTime()) ? new Date() : decided,
    partition: feedpartition,
    offset: feedoffset,
    body,
  };
}
