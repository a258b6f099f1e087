/**
 * Creates the stores of a small system in memory. The stores agree with each other until a test changes one
 * of them.
 */
import { type BusRecord, partitionOfKey } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, type LatchkeyEvent, MAILINGS_TOPIC } from '@latchkey/events';
import type { VerifySources } from '../verify.ts';
import type { DeliveryView, ExpiredLease, JournaledStream, StoredAccount } from '../views.ts';
import { createRecordsOfStream, lookUpTestKey } from './streams.ts';

const PARTITIONS = 3;

/** A stored profile. Its fields are the fields of `person` in the last event of the account. */
export type StoredProfile = Readonly<Record<string, unknown>> & { readonly sequence: number };

export interface StoredAccountState {
  readonly profile?: StoredProfile;
  readonly parked?: StoredAccount['parked'];
}

export interface InMemorySystem {
  readonly journal: Map<string, JournaledStream>;
  /** The records of the accounts topic and of the mailings topic, oldest first. */
  readonly records: BusRecord[];
  readonly profiles: Map<string, StoredAccountState>;
  /** Ids of the recorded deliveries. */
  readonly deliveries: Set<string>;
  readonly leases: ExpiredLease[];
  /** The faults that the log reports about the positions of consumer groups. */
  readonly lostPositions: string[];
  /** The numbers of the generations of the read model that were dropped but are still stored. */
  readonly leftovers: number[];
  /** Sets a function that is called each time just before the topics are read. */
  beforeEachRead(change: () => void): void;
  readonly sources: VerifySources;
}

/**
 * Returns the deliveries that an event must cause. In this simulated system, only AccountVerified causes a
 * delivery: a welcome mail.
 */
const owedBy: DeliveryView['owedBy'] = ({ id, type }) =>
  type === 'AccountVerified' ? [{ id: `${id}/welcome`, mail: 'welcome' }] : [];

export function createInMemorySystem(streams: readonly JournaledStream[]): InMemorySystem {
  const journal = new Map(streams.map((stream) => [stream.id, stream]));
  const records = streams.flatMap(createRecordsOfStream);
  const deliveries = new Set(
    streams.flatMap(({ events }) => events.flatMap(({ event }) => owedBy(event).map(({ id }) => id))),
  );
  const profiles = new Map(streams.flatMap(profileOf));
  const leases: ExpiredLease[] = [];
  const lostPositions: string[] = [];
  const leftovers: number[] = [];
  let change: () => void = () => undefined;

  return {
    journal,
    records,
    profiles,
    deliveries,
    leases,
    lostPositions,
    leftovers,
    beforeEachRead(next) {
      change = next;
    },
    sources: {
      journal: {
        async *streams() {
          for (const stream of [...journal.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)))
            yield [stream];
        },
        stream: async (id) => journal.get(id),
        expiredLeases: async (before) => leases.filter(({ endedAt }) => endedAt < before),
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
      groups: {
        progressOf: async (group) => ({
          records: 9,
          read: group === 'user' ? 9 : 7,
          outOfRange: [...lostPositions],
        }),
      },
      profiles: {
        group: 'user',
        load: async (ids) => new Map(ids.flatMap((id) => entryOf(id, profiles.get(id)))),
        async *ids() {
          yield [...profiles.keys()];
        },
      },
      deliveries: {
        group: 'notifier',
        owedBy,
        recorded: async (ids) => new Set(ids.filter((id) => deliveries.has(id))),
        expiredLeases: async () => [],
      },
      leftoverGenerations: async () => [...leftovers],
      nameOf: (topic) => topic,
      keyOf: lookUpTestKey,
    },
  };
}

function entryOf(
  id: string,
  stored: StoredAccountState | undefined,
): readonly (readonly [string, StoredAccount])[] {
  if (stored === undefined) return [];
  const { profile, parked } = stored;
  const account = {
    sequence: profile?.sequence ?? 0,
    ...(parked && { parked }),
    differingFields: (events: readonly LatchkeyEvent[]) => differingFields(profile, fold(events)),
  };
  return [[id, account]];
}

function profileOf({ id, events }: JournaledStream): readonly (readonly [string, StoredAccountState])[] {
  if (events[0]?.event.type === 'MailRequested') return [];
  const profile = fold(events.map(({ event }) => event));
  return [[id, { ...(profile && { profile }) }]];
}

function fold(events: readonly LatchkeyEvent[]): StoredProfile | undefined {
  const last = events.at(-1);
  if (last === undefined) return undefined;
  const persons = events.map(({ data }) => ('person' in data ? data.person : undefined));
  return { ...Object.assign({}, ...persons), sequence: last.sequence };
}

function differingFields(one: StoredProfile = { sequence: 0 }, other: StoredProfile = { sequence: 0 }) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]);
}

function inPartition(records: readonly BusRecord[], topic: string, partition: number): readonly BusRecord[] {
  return records.filter((record) => record.topic === topic && partitionOf(record) === partition);
}

function partitionOf({ key }: BusRecord): number {
  return partitionOfKey(key ?? Buffer.of(), PARTITIONS);
}
