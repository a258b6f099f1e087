/** Determines whether a system is idle. Reads its stores and topics, and does not rely on what the system reports. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { ClusterAddresses, DataFolder } from './run-folder.ts';
import { readUnfinishedWork } from './system/data-folder.ts';

/** The consumer groups of the system, and the topics that each group reads. */
const READERS = {
  user: ['accounts.events.v1'],
  notifier: ['accounts.events.v1', 'mailings.events.v1'],
} as const;
const EVERY_MS = 1_000;
const TELL_EVERY_MS = 15_000;
/**
 * The maximum time by which the run sets a clock ahead, in ms. If the process that accepts an erasure has
 * such a clock, the erasure is due later by the same time.
 */
const CLOCK_AHEAD_MS = 60_000;

/** The amount of unfinished work by kind. Kinds without unfinished work are omitted. */
export type UnfinishedWork = Readonly<Record<string, number>>;

export interface QuiescenceOptions {
  readonly withinMs: number;
  say(line: string): void;
}

/**
 * Waits until two successive checks find no unfinished work: everything is published and read, every recorded
 * request is processed, and no mail is pending.
 * @returns the unfinished work after `withinMs`; empty if there is none
 */
export async function waitUntilIdle(
  stores: ClusterAddresses | DataFolder,
  { withinMs, say }: QuiescenceOptions,
): Promise<UnfinishedWork> {
  const look = 'DATA_DIR' in stores ? lookInto(stores) : await openLook(stores);
  const began = performance.now();
  let told = began;
  try {
    for (let quiet = 0; ; await sleep(EVERY_MS)) {
      const unfinished = await look.unfinished();
      quiet = Object.keys(unfinished).length === 0 ? quiet + 1 : 0;
      const now = performance.now();
      if (quiet === 2 || now - began > withinMs) return unfinished;
      if (now - told < TELL_EVERY_MS) continue;
      told = now;
      say(`  still ${formatUnfinishedWork(unfinished)}`);
    }
  } finally {
    await look.close();
  }
}

export function formatUnfinishedWork(unfinished: UnfinishedWork): string {
  return Object.entries(unfinished)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

interface Look {
  unfinished(): Promise<UnfinishedWork>;
  close(): Promise<void>;
}

function lookInto({ DATA_DIR }: DataFolder): Look {
  return {
    unfinished: async () => withoutNone(readUnfinishedWork(DATA_DIR, dueUntil())),
    close: async () => undefined,
  };
}

function dueUntil(): Date {
  return new Date(Date.now() + CLOCK_AHEAD_MS);
}

function withoutNone(counts: Readonly<Record<string, number>>): UnfinishedWork {
  return Object.fromEntries(Object.entries(counts).filter(([, left]) => left > 0));
}

async function openLook({ KAFKA_BROKERS, MONGO_URL }: ClusterAddresses): Promise<Look> {
  const kafka = new Kafka({
    brokers: KAFKA_BROKERS.split(','),
    clientId: 'quiescence',
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
  });
  const mongo = await MongoClient.connect(MONGO_URL);
  const database = mongo.db();

  async function lag(admin: Admin, groupId: string, topics: readonly string[]): Promise<number> {
    const kept = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const behind = await Promise.all(
      kept.map(async ({ topic, partitions }) => {
        const ends = await admin.fetchTopicOffsets(topic);
        const read = partitions.map(({ offset }) => Math.max(0, Number(offset)));
        return sum(ends.map(({ high }) => Number(high))) - sum(read);
      }),
    );
    return sum(behind);
  }

  /**
   * Use a new connection for each check, because an older connection could ask brokers that no longer lead
   * the partitions.
   */
  async function unread(): Promise<UnfinishedWork> {
    const admin = kafka.admin();
    await admin.connect();
    try {
      const groups = await userGroups(admin);
      return {
        'records unread by user': sum(
          await Promise.all(groups.map((group) => lag(admin, group, READERS.user))),
        ),
        'records unread by notifier': await lag(admin, 'notifier', READERS.notifier),
      };
    } finally {
      await admin.disconnect();
    }
  }

  return {
    async unfinished(): Promise<UnfinishedWork> {
      function count(collection: string, filter: object) {
        return database.collection(collection).countDocuments(filter);
      }
      const counts = {
        'unpublished commits': await count('auth_commits', { 'unpublished.at': { $exists: true } }),
        'written-down requests': await count('auth_requests', {}),
        'open deliveries': await count('notifier_deliveries', { state: { $in: ['pending', 'claimed'] } }),
        'accounts to be erased': await count('auth_commits', {
          'erasure.eraseAt': { $lte: dueUntil().toISOString() },
        }),
        'erasures without a receipt': await count('auth_erasures', { waitingSince: { $exists: true } }),
        ...(await unread()),
      };
      return withoutNone(counts);
    },
    close: () => mongo.close(),
  };
}

/** Returns the consumer groups of all generations of the read model. */
async function userGroups(admin: Admin): Promise<readonly string[]> {
  const { groups } = await admin.listGroups();
  return groups.map(({ groupId }) => groupId).filter((group) => /^user(\.v\d+)?$/.test(group));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
