/** A whole system in memory, to be looked at: all agrees until a test takes something away. */
import type { JournaledStream, OverLease } from '@latchkey/auth/verifying';
import type { BusRecord } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, MAILINGS_TOPIC } from '@latchkey/events';
import type { DeliveryView } from '@latchkey/notifier/verifying';
import { type Account, fold } from '@latchkey/user/verifying';
import type { Sources } from '../verify/verify.ts';
import { recordsOf } from './streams.ts';

const PARTITIONS = 3;

export interface SmallSystem {
  readonly journal: Map<string, JournaledStream>;
  /** Of both topics, in the order in which they came. */
  readonly records: BusRecord[];
  readonly profiles: Map<string, Account>;
  /** The ids of those recorded. */
  readonly deliveries: Set<string>;
  readonly leases: OverLease[];
  /** Before each look at the topics from now on. */
  onLook(change: () => void): void;
  readonly sources: Sources;
}

/** A welcome mail for whoever is verified. */
const owedBy: DeliveryView['owedBy'] = ({ id, type }) =>
  type === 'AccountVerified' ? [{ id: `${id}/welcome`, mail: 'welcome' }] : [];

export function smallSystem(streams: readonly JournaledStream[]): SmallSystem {
  const journal = new Map(streams.map((stream) => [stream.id, stream]));
  const records = streams.flatMap(recordsOf);
  const deliveries = new Set(
    streams.flatMap(({ events }) => events.flatMap(({ event }) => owedBy(event).map(({ id }) => id))),
  );
  const profiles = new Map(streams.flatMap(profileOf));
  const leases: OverLease[] = [];
  let change: () => void = () => undefined;

  return {
    journal,
    records,
    profiles,
    deliveries,
    leases,
    onLook(next) {
      change = next;
    },
    sources: {
      journal: {
        async *streams() {
          for (const stream of [...journal.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)))
            yield [stream];
        },
        stream: async (id) => journal.get(id),
        leasesOver: async (before) => leases.filter(({ endedAt }) => endedAt < before),
      },
      log: {
        topics: async () => [ACCOUNTS_TOPIC, MAILINGS_TOPIC],
        async ranges(topic) {
          if (topic === ACCOUNTS_TOPIC) change();
          return Array.from({ length: PARTITIONS }, (_, partition) => ({
            partition,
            start: 0,
            end: inPartition(records, topic, partition).length,
          }));
        },
        async *read(topic, { partition, start, end }) {
          for (const record of inPartition(records, topic, partition).slice(start, end)) yield [record];
        },
      },
      groups: { progressOf: async (group) => ({ records: 9, read: group === 'user' ? 9 : 7 }) },
      profiles: {
        group: 'user',
        load: async (ids) => new Map(ids.flatMap((id) => pairOf(id, profiles.get(id)))),
        async *ids() {
          yield [...profiles.keys()];
        },
      },
      deliveries: {
        group: 'notifier',
        owedBy,
        recorded: async (ids) => new Set(ids.filter((id) => deliveries.has(id))),
        leasesOver: async () => [],
      },
      nameOf: (topic) => topic,
    },
  };
}

function pairOf<Value>(id: string, value: Value | undefined): readonly (readonly [string, Value])[] {
  return value === undefined ? [] : [[id, value]];
}

function profileOf({ id, events }: JournaledStream): readonly (readonly [string, Account])[] {
  if (events[0]?.event.type === 'MailRequested') return [];
  const profile = fold(events.map(({ event }) => event));
  return [[id, { id, ...(profile && { profile }) }]];
}

function inPartition(records: readonly BusRecord[], topic: string, partition: number): readonly BusRecord[] {
  return records.filter((record) => record.topic === topic && partitionOf(record) === partition);
}

function partitionOf({ key }: BusRecord): number {
  return (key?.at(-1) ?? 0) % PARTITIONS;
}
