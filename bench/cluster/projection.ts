import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { BusRecord, PartitionSlice } from '@latchkey/bus';
import { acceptAllRecords } from '@latchkey/consumer/testing/signed';
import { type EncodedEvent, encode, subjectOfKey } from '@latchkey/events';
import { ensureIndexes, openMongo } from '@latchkey/mongo';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';
import { createProfileProjection } from '../../services/user/src/projection/projection.ts';
import { createProjectionMetrics } from '../../services/user/src/projection/projection-metrics.ts';
import { createMongoProfiles } from '../../services/user/src/storage/mongo/profiles.ts';
import {
  getProfileCollectionName,
  listProfileIndexes,
} from '../../services/user/src/storage/mongo/schema.ts';
import { createTestHistory } from '../../services/user/src/testing/history.ts';
import { type Benchmark, createMinPercentOfLimitTarget } from '../support/benchmark.ts';
import { measureMs } from '../support/load.ts';
import { createBenchDatabase } from '../support/servers.ts';
import { measureAlternately } from '../support/statistics.ts';

const ACCOUNTS = 2_000;
const EVENTS_EACH = 3;
/**
 * The number of records in a slice. A slice is the batch of records that a subscription passes to its
 * handler in one call. The Kafka bus has the same default.
 */
const SLICE = 500;
const ROUNDS = 5;

export const projectionBenchmark: Benchmark = {
  name: 'projection',
  title: 'Projection',
  method: `${EVENTS_EACH} events of each of ${ACCOUNTS} accounts, in slices of ${SLICE}, from the record until its account is stored: decoding, reading the accounts, folding, writing. Against the bare driver, which writes the same documents with one bulkWrite per slice into a collection with the same indexes: under the same condition, that the stored sequence is lower, and by their ids alone. Each time from an empty collection, alternating, ${ROUNDS} times, medians.`,
  async run() {
    await using database = await createBenchDatabase();
    const mongo = openMongo({ url: database.url });
    await mongo.reached;

    async function empty() {
      const generation = randomUUID().replaceAll('-', '');
      await ensureIndexes(mongo.connection, listProfileIndexes(generation));
      return {
        project: projectionInto(createMongoProfiles(mongo.connection, generation)),
        collection: database.bare.collection<Stored>(getProfileCollectionName(generation)),
      };
    }
    const slices = slicesOf(records());
    const written = await documentsAfterEachSlice(slices, await empty());

    function writing({ collection }: { collection: Collection<Stored> }, writeOf: typeof replacing) {
      return perSecond(async () => {
        for (const documents of written) await collection.bulkWrite(documents.map(writeOf), UNORDERED);
      });
    }

    try {
      const turns = await measureAlternately(ROUNDS, {
        raw: async () => writing(await empty(), replacingLesser),
        byId: async () => writing(await empty(), replacing),
        async projection() {
          const { project } = await empty();
          return perSecond(async () => {
            for (const slice of slices) await project(slice);
          });
        },
      });
      const projected = { unit: '/s', measured: turns.projection } as const;
      return [
        {
          ...projected,
          what: 'events projected (limit: the same bulkWrite)',
          limit: turns.raw,
          target: createMinPercentOfLimitTarget(85, turns.raw),
        },
        { ...projected, what: 'events projected (limit: bulkWrite by id alone)', limit: turns.byId },
      ];
    } finally {
      await mongo.close();
    }
  },
};

type Stored = Document & { readonly _id: string };

const UNORDERED = { ordered: false };

function replacing(document: Stored): AnyBulkWriteOperation<Stored> {
  return {
    replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
  };
}

function replacingLesser(document: Stored): AnyBulkWriteOperation<Stored> {
  return {
    replaceOne: {
      filter: { _id: document._id, sequence: { $lt: document['sequence'] } },
      replacement: document,
      upsert: true,
    },
  };
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  return (1000 * ACCOUNTS * EVENTS_EACH) / (await measureMs(work));
}

function projectionInto(profiles: ReturnType<typeof createMongoProfiles>) {
  async function none() {
    return 0;
  }
  return createProfileProjection({
    authenticate: acceptAllRecords,
    onForged: () => undefined,
    log: { readKey: () => assert.fail('nothing is parked') },
    profiles,
    metrics: createProjectionMetrics({
      registry: createMetricsRegistry(),
      lag: none,
      parked: none,
      forked: none,
      generation: () => 1,
    }),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    now: () => new Date(),
    announce: () => undefined,
    confirm: async () => undefined,
  });
}

/**
 * Applies slices of records to a read model, one slice after the other.
 * @returns for each slice, the documents of its accounts as they are after this slice was applied
 */
async function documentsAfterEachSlice(
  slices: readonly PartitionSlice[],
  { project, collection }: { project(slice: PartitionSlice): Promise<void>; collection: Collection<Stored> },
): Promise<readonly (readonly Stored[])[]> {
  const written: Stored[][] = [];
  for (const slice of slices) {
    await project(slice);
    const ids = [...new Set(slice.records.flatMap(({ key }) => subjectOfKey(key) ?? []))];
    written.push((await collection.find({ _id: { $in: ids } }).toArray()) as Stored[]);
  }
  return written;
}

/**
 * Returns the first events of all accounts, then the second events of all accounts, and so on. Neighbouring records
 * therefore belong to different accounts, so that a slice contains about as many accounts as records.
 */
function records(): readonly BusRecord[] {
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => createTestHistory(`person${i}`));
  const rounds = [
    accounts.map((account) => account.registered()),
    accounts.map((account) => account.verified()),
    accounts.map((account) => account.add('ProfileChanged', { person: { firstName: 'Ada' } })),
  ];
  return rounds
    .flat()
    .map((event) => encode(event))
    .map(toRecord);
}

function toRecord({ topic, key, value, headers }: EncodedEvent, offset: number): BusRecord {
  return {
    topic,
    partition: 0,
    offset,
    timestamp: new Date(),
    key: Buffer.from(key),
    value,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

function slicesOf(all: readonly BusRecord[]): readonly PartitionSlice[] {
  const slices: PartitionSlice[] = [];
  for (let from = 0; from < all.length; from += SLICE) {
    slices.push({
      topic: 'accounts.events.v1',
      partition: 0,
      records: all.slice(from, from + SLICE),
      signal: new AbortController().signal,
      setAside: (_, cause) => {
        throw new Error(cause);
      },
    });
  }
  return slices;
}
