/** Reads the log for clients that store their position themselves. */
import type { Bus, BusRecord, LogTail, PartitionOffsetRange } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, subjectOfKey } from '@latchkey/events';
import { toCloudEvent } from './cloud-event.ts';
import { checksumOfRecord, type FeedPartitionPosition, findPartitionPosition, hashLogId } from './cursor.ts';
import type { FeedPage, FeedQuery } from './feed-page.ts';
import { createPageReadAhead } from './read-ahead.ts';

/** A client of the feed, and what it may see. */
export interface FeedReader {
  readonly id: string;
  /** The name under which the client confirms erasures. */
  readonly name: string;
  /** The types of events that the client may read; undefined for all. */
  readonly types?: readonly string[];
  /** Whether the client of the feed may see personal data. */
  readonly person: boolean;
}

/** Reads pages of the feed. If the log fails, every method rejects with the log's error. */
export interface Feed {
  read(query: FeedQuery): Promise<FeedPage>;
  /**
   * Waits for new records. Resolves once the log may contain records after this page, or when `signal` is
   * aborted.
   */
  grown(page: FeedPage, signal: AbortSignal): Promise<void>;
}

/**
 * The maximum number of records that are read for one page. Without this limit, the feed would read very many
 * records for a page if the client requests only rare types of events.
 */
const MAX_SCANNED_RECORDS = 5000;
const RECORDS_PER_READ = 1000;

/** Selects the records that auth has published from the given records, which must be consecutive. */
export type SelectGenuineRecords = (records: readonly BusRecord[]) => Promise<readonly BusRecord[]>;

/**
 * Creates the feed of the accounts topic.
 * @param selectGenuine selects the records that auth has published; the feed contains no other records
 */
export function createFeed(bus: Pick<Bus, 'tail'>, selectGenuine: SelectGenuineRecords): Feed {
  const reached = createReached();

  return {
    read: createPageReadAhead(async (query) =>
      readPage({ tail: await bus.tail(ACCOUNTS_TOPIC), genuine: selectGenuine, reached }, query),
    ),
    async grown({ cursor }, signal) {
      const tail = await bus.tail(ACCOUNTS_TOPIC);
      const ranges = (await tail.ranges()).map((range) => ({
        ...range,
        end: cursor.places.get(range.partition)?.offset ?? range.end,
      }));
      await tail.grown(ranges, signal);
    },
  };
}

interface Source {
  readonly tail: LogTail;
  readonly reached: Reached;
  readonly genuine: SelectGenuineRecords;
}

async function readPage(source: Source, query: FeedQuery): Promise<FeedPage> {
  const { tail } = source;
  const all = await tail.ranges();
  const log = hashLogId(tail.id);
  const only = query.account === undefined ? undefined : await tail.partitionOf(query.account);
  const ranges = only === undefined ? all : all.filter(({ partition }) => partition === only);
  // If the cursor was created for a different log, its offsets are meaningless in this log. Read from the
  // beginning.
  const after =
    query.after?.log === log
      ? query.after
      : { log, next: 0, places: new Map<number, FeedPartitionPosition>() };
  const places = new Map(
    ranges.map((range) => [range.partition, reachable(findPartitionPosition(after, range.partition), range)]),
  );
  const events: string[] = [];
  const page = { query, events, places, source, scanned: 0 };
  let next = after.next;
  for (const range of startingWith(ranges, after.next)) {
    if (await readPartition(range, page)) continue;
    next = range.partition + 1;
    break;
  }
  const behind = ranges.reduce(
    (sum, { partition, end }) => sum + end - (places.get(partition)?.offset ?? 0),
    0,
  );
  return { events, cursor: { log, next, places }, behind };
}

/**
 * Returns the offset ranges of all partitions in a different order: first the ranges of the given partition
 * and of the partitions after it, then the ranges of the partitions before it.
 */
function startingWith(
  ranges: readonly PartitionOffsetRange[],
  first: number,
): readonly PartitionOffsetRange[] {
  const at = ranges.findIndex(({ partition }) => partition === first);
  return at === -1 ? ranges : [...ranges.slice(at), ...ranges.slice(0, at)];
}

interface Page {
  readonly source: Source;
  readonly query: FeedQuery;
  readonly events: string[];
  readonly places: Map<number, FeedPartitionPosition>;
  scanned: number;
}

function isFull({ query, events, scanned }: Page): boolean {
  return events.length >= query.limit || scanned >= MAX_SCANNED_RECORDS;
}

/**
 * Reads a partition up to its end.
 * @returns false if the page became full before the end
 */
async function readPartition(range: PartitionOffsetRange, page: Page): Promise<boolean> {
  const { tail, reached, genuine } = page.source;
  const { partition, end } = range;
  let place = page.places.get(partition) ?? { offset: range.start, anchor: 0 };
  place = await checked(tail, range, place, reached);
  while (place.offset < end) {
    if (isFull(page)) {
      page.places.set(partition, place);
      return false;
    }
    const wanted = Math.min(RECORDS_PER_READ, page.query.limit - page.events.length, end - place.offset);
    const records = await tail.read(partition, place.offset, wanted);
    if (records.length === 0) break;
    page.scanned += records.length;
    for (const record of await genuine(records)) take(page, record);
    place = placeAfter(records, place);
    reached.add(partition, place);
  }
  page.places.set(partition, place);
  return true;
}

function take(page: Page, record: BusRecord): void {
  const { view, account } = page.query;
  if (account !== undefined && subjectOfKey(record.key) !== account) return;
  const event = toCloudEvent(record, view);
  if (event !== undefined) page.events.push(event);
}

function placeAfter(records: readonly BusRecord[], before: FeedPartitionPosition): FeedPartitionPosition {
  const last = records.at(-1);
  return last === undefined ? before : { offset: last.offset + 1, anchor: checksumOfRecord(last) };
}

/**
 * Returns the position from which to read a partition: the cursor's position or, if this position is
 * before the start or after the end of the partition, the beginning of the partition.
 */
function reachable(
  place: FeedPartitionPosition,
  { start, end }: PartitionOffsetRange,
): FeedPartitionPosition {
  return place.offset > end || place.offset < start ? { offset: start, anchor: 0 } : place;
}

/**
 * Checks a cursor's position in a partition. Returns the position if the record before it is still the record
 * that the cursor describes, or if compaction has removed that record. Otherwise, returns the beginning of
 * the partition.
 */
async function checked(
  tail: LogTail,
  { partition, start }: PartitionOffsetRange,
  place: FeedPartitionPosition,
  reached: Reached,
): Promise<FeedPartitionPosition> {
  if (place.offset <= start || reached.has(partition, place)) return place;
  const [before] = await tail.read(partition, place.offset - 1, 1);
  // If compaction has removed the record before this position, its checksum cannot be compared. Assume that
  // the log is the same.
  const isRemoved = before !== undefined && before.offset >= place.offset;
  const isSame = before?.offset === place.offset - 1 && checksumOfRecord(before) === place.anchor;
  if (!isSame && !isRemoved) return { offset: start, anchor: 0 };
  reached.add(partition, place);
  return place;
}

/**
 * Remembers the positions that readers have reached in this process. The feed need not check a remembered
 * position, which would require a read of the log.
 */
interface Reached {
  add(partition: number, place: FeedPartitionPosition): void;
  has(partition: number, place: FeedPartitionPosition): boolean;
}

const MOST_REACHED = 10_000;

function createReached(): Reached {
  const places = new Set<string>();
  function nameOf(partition: number, { offset, anchor }: FeedPartitionPosition): string {
    return `${partition} ${offset} ${anchor}`;
  }
  return {
    add(partition, place) {
      if (places.size >= MOST_REACHED) places.clear();
      places.add(nameOf(partition, place));
    },
    has: (partition, place) => places.has(nameOf(partition, place)),
  };
}
