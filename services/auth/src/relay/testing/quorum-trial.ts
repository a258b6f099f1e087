/**
 * Runs a trial on a separate Kafka cluster of three brokers: while a writer keeps appending commits and a
 * relay publishes them, the leaders of partitions are killed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { startKafkaNodes } from '@latchkey/bus/testing';
import { ACCOUNTS_TOPIC, topics } from '@latchkey/events';
import { createLogger } from '@latchkey/process';
import { Registry } from 'prom-client';
import type { Commit } from '../../ports/journal.ts';
import type { Outbox } from '../../ports/outbox.ts';
import { testSigner } from '../../ports/testing/commits.ts';
import { type CommitStores, createMemoryStores } from '../../ports/testing/memory-stores.ts';
import { createRelay } from '../relay.ts';
import { getAccountIdOfRecord } from './account-of-record.ts';
import { createKafkaClient, describeCluster, summarizeTopic } from './cluster-view.ts';
import { createContinuousCommitWriter } from './steady-writer.ts';
import { observePublishes } from './watched-sends.ts';

const REPLICATION = { factor: 3, minInSync: 2 };
const PATIENCE_MS = 120_000;
const LOOK_AGAIN_MS = 50;

export interface QuorumTrialResult {
  readonly commits: number;
  /** The number of records on the topic, including duplicates. */
  readonly records: number;
  readonly duplicates: number;
  /** The ids of events that are marked as published but are not on the topic. */
  readonly lost: readonly string[];
  /**
   * The accounts whose events are in a different order on the topic than in the journal. Only the first
   * occurrence of each event is considered.
   */
  readonly disordered: readonly string[];
  readonly unpublished: number;
}

export interface QuorumTrial extends AsyncDisposable {
  startWriting(): void;
  /**
   * Waits for a send and kills the leader of one of its partitions while the send is in progress.
   * @returns false if the send had completed before the leader was killed
   */
  killLeaderInsideSend(): Promise<boolean>;
  /**
   * Restarts the killed broker, either immediately or after the other brokers have caught up. Resolves once
   * all replicas are in sync.
   */
  recover(): Promise<void>;
  finishWriting(): Promise<void>;
  compare(): Promise<QuorumTrialResult>;
  counts(): { readonly sends: number; readonly failedSends: number };
}

export async function createQuorumTrial(): Promise<QuorumTrial> {
  const nodes = await startKafkaNodes(REPLICATION);
  const kafka = createKafkaClient(nodes.brokers);
  const logger = createLogger({ name: 'quorum', level: 'silent' });
  const bus = createKafkaBus({
    brokers: nodes.brokers,
    clientId: 'relay',
    replication: REPLICATION,
    logger,
    onFatal: (reason) => {
      throw reason;
    },
  });
  const sends = observePublishes(bus);
  const stores = createMemoryStores();
  const { journal } = stores;
  const { outbox, marked } = rememberingMarks(stores);
  const relay = createRelay({
    outbox,
    journal,
    signer: testSigner,
    bus: sends,
    leases: { take: async () => true, release: async () => undefined },
    instance: 'relay',
    now: () => new Date(),
    logger,
    registry: new Registry(),
  });
  const writer = createContinuousCommitWriter(journal, relay.nudge);
  let killed: { readonly node: number; readonly at: string } | undefined;

  function view() {
    return describeCluster(kafka, ACCOUNTS_TOPIC);
  }
  function whole() {
    return until('all copies are in sync', async () => (await view()).whole);
  }
  function publishedUpTo(at: string) {
    return until(`all is published that was appended before ${at}`, async () => {
      const { oldest } = await outbox.backlog();
      return oldest === undefined || oldest > at;
    });
  }

  await until('topics are made', () => bus.ensureTopics(topics).then(() => true));
  await whole();
  await relay.start();

  return {
    startWriting: writer.start,

    async killLeaderInsideSend() {
      const { leaderOf } = await view();
      function leadersOf(records: readonly { readonly key: unknown }[]) {
        return [...new Set(records.flatMap((record) => leaderOf(getAccountIdOfRecord(record)) ?? []))];
      }
      const send = await sends.next((records) => leadersOf(records).length > 1);
      const victims = leadersOf(send.records);
      const victim = victims[Math.floor(Math.random() * victims.length)] ?? 1;
      await pause(Math.random() * sends.typicalMs());
      nodes.kill(victim);
      killed = { node: victim, at: new Date().toISOString() };
      return !send.settled();
    },

    async recover() {
      if (killed === undefined) return;
      const { node, at } = killed;
      if (Math.random() < 0.5) await publishedUpTo(at);
      await nodes.restart(node);
      await whole();
      await publishedUpTo(at);
      killed = undefined;
    },

    async finishWriting() {
      await writer.stop();
      await publishedUpTo(new Date().toISOString());
      await relay.stop();
    },

    async compare() {
      const { firsts, records, duplicates } = await summarizeTopic(kafka, ACCOUNTS_TOPIC);
      const onTopic = new Set([...firsts.values()].flat());
      const lost = marked().filter(({ events }) => !events.every(({ id }) => onTopic.has(id)));
      const disordered: string[] = [];
      let commits = 0;
      for (const account of writer.accounts) {
        const appended = await journal.read(account);
        commits += appended.length;
        const ids = appended.flatMap(({ events }) => events.map(({ id }) => id));
        if (ids.join() !== (firsts.get(account) ?? []).join()) disordered.push(account);
      }
      return {
        commits,
        records,
        duplicates,
        lost: lost.map(({ stream, number }) => `${stream} ${number}`),
        disordered,
        unpublished: (await outbox.backlog()).commits,
      };
    },

    counts: sends.counts,

    async [Symbol.asyncDispose]() {
      await writer.stop();
      await relay.stop();
      await bus.close();
      await nodes.close();
    },
  };
}

/** Wraps an outbox so that it records every commit that is marked as published. */
function rememberingMarks({ journal, outbox }: CommitStores): {
  readonly outbox: Outbox;
  marked(): readonly Commit[];
} {
  const marked = new Set<Commit>();
  return {
    outbox: {
      ...outbox,
      async markPublished(commits) {
        for (const { stream, number } of commits) {
          const commit = (await journal.read(stream, number - 1))[0];
          if (commit) marked.add(commit);
        }
        await outbox.markPublished(commits);
      },
    },
    marked: () => [...marked],
  };
}

/**
 * Polls a condition until it holds. A condition that throws does not hold.
 * @throws Error after PATIENCE_MS
 */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`Not within ${PATIENCE_MS} ms: ${what}`);
    await pause(LOOK_AGAIN_MS);
  }
}
