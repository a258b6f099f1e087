/** Reads security events from the log. */
import type { createSecurityEventIpMatcher } from '@latchkey/auth/ops';
import type { BusRecord, LogReader, PartitionOffsetRange } from '@latchkey/bus';
import { decodeSecurityEvent, type SecurityEvent, type SecurityEventType } from '@latchkey/events';

export interface SecurityEventFilter {
  readonly account?: string | undefined;
  readonly type?: SecurityEventType | undefined;
  /**
   * Returns whether an event may have been caused by a request from the IP address that the operator gave.
   * Only such events are selected. Default: events from all addresses.
   */
  readonly isClient?: ReturnType<typeof createSecurityEventIpMatcher> | undefined;
  /** Selects security events that happened at this time or later. */
  readonly since?: Date | undefined;
  /** Selects security events that happened before this time. */
  readonly until?: Date | undefined;
  /** Selects security events with a higher id than this one. Ids increase with time. */
  readonly after?: string | undefined;
}

/**
 * Which of the matching security events to return: the events with the lowest ids (`first`) or with the
 * highest ids (`last`).
 */
export type FirstOrLast = 'first' | 'last';

/**
 * Returns at most `limit` matching events, sorted by id and without duplicates.
 * @param topic the name of the topic on the log
 */
export async function findSecurityEvents(
  reader: LogReader,
  topic: string,
  {
    filter,
    limit,
    end,
  }: { readonly filter: SecurityEventFilter; readonly limit: number; readonly end: FirstOrLast },
): Promise<readonly SecurityEvent[]> {
  let found: SecurityEvent[] = [];
  function narrow(): void {
    const sorted = distinct(found);
    found = end === 'first' ? sorted.slice(0, limit) : sorted.slice(Math.max(0, sorted.length - limit));
  }
  for await (const events of eventsIn(reader, topic, await reader.ranges(topic), filter)) {
    found.push(...events);
    // Sorting takes longer than reading, so `found` is sorted and truncated only when it has grown to several times
    // the limit.
    if (found.length > 4 * limit) narrow();
  }
  narrow();
  return found;
}

/** Yields matching events that are written after the call, until the signal is aborted. */
export async function* followSecurityEvents(
  reader: LogReader,
  topic: string,
  {
    filter,
    pause,
    signal,
  }: { readonly filter: SecurityEventFilter; pause(): Promise<unknown>; readonly signal: AbortSignal },
): AsyncGenerator<readonly SecurityEvent[]> {
  let before = await reader.ranges(topic);
  while (!signal.aborted) {
    await pause();
    const now = await reader.ranges(topic);
    const added = now.map(({ partition, start, end }) => {
      const read = before.find((range) => range.partition === partition)?.end ?? start;
      return { partition, start: Math.max(start, read), end };
    });
    const found: SecurityEvent[] = [];
    for await (const events of eventsIn(reader, topic, added, filter)) found.push(...events);
    before = now;
    yield distinct(found);
  }
}

async function* eventsIn(
  reader: LogReader,
  topic: string,
  ranges: readonly PartitionOffsetRange[],
  filter: SecurityEventFilter,
): AsyncGenerator<readonly SecurityEvent[]> {
  for (const range of ranges.filter(({ start, end }) => start < end))
    for await (const records of reader.read(topic, range))
      yield records.flatMap((record) => matching(record, filter) ?? []);
}

function matching(record: BusRecord, filter: SecurityEventFilter): SecurityEvent | undefined {
  const { account, type, isClient, since, until, after } = filter;
  // Compare the key of the record first, because decoding the record takes longer.
  if (account !== undefined && record.key?.toString() !== account) return undefined;
  if (type !== undefined && String(record.headers['ce_type']) !== type) return undefined;
  const event = decodeSecurityEvent(record);
  if (event === undefined) return undefined;
  const client = 'person' in event.data ? event.data.person : undefined;
  if (isClient !== undefined && !(client && isClient(client))) return undefined;
  const at = Date.parse(event.time);
  if (since !== undefined && at < since.getTime()) return undefined;
  if (until !== undefined && at >= until.getTime()) return undefined;
  return after === undefined || event.id > after ? event : undefined;
}

/** Removes events that occur twice in a list, because the log may contain an event twice. */
function distinct(events: readonly SecurityEvent[]): SecurityEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
