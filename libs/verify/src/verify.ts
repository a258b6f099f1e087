/**
 * Compares the journal, the topics, the read model and the deliveries of a running system. The journal is
 * authoritative. A difference may only mean that an event is still being processed, so the comparison is
 * repeated until the difference is gone or `patienceMs` has passed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ConsumerGroupProgress, ConsumerGroups, LogReader } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, sharesKey, topics } from '@latchkey/events';
import { formatDurationInLargestUnit } from './age.ts';
import { type AnchorsToCompare, compareWithAnchors } from './anchor.ts';
import { compareStreams } from './compare-streams.ts';
import { type ComparisonCounter, type ComparisonCounts, createComparisonCounter } from './counts.ts';
import { createFindingsCollector, type Finding, type FindingsCollector } from './findings.ts';
import { createShards, type ShardFilter } from './shards.ts';
import type { LookUpPublicKey } from './signatures.ts';
import { createTopicIndex } from './topic-index.ts';
import { createTopicReader, type OnProgress } from './topic-reader.ts';
import { verifyShard } from './verify-shard.ts';
import type { DeliveryView, JournalView, ProfileView } from './views.ts';

/**
 * The topics that are compared with the journal, which are the topics that auth publishes. The topic of the
 * notifier is left out, because its reports about mails are not in the journal.
 */
export const journalTopics = topics.filter(({ publisher }) => publisher === 'auth');

export interface VerifySources {
  readonly journal: JournalView;
  readonly log: LogReader;
  /**
   * Reads the progress of consumer groups. `progressOf` takes the names that topics have in Latchkey's code,
   * not the names that they have on the log.
   */
  readonly groups: Pick<ConsumerGroups, 'progressOf'>;
  readonly profiles: ProfileView;
  readonly deliveries: DeliveryView;
  /**
   * Returns the numbers of generations of the read model that are no longer in use, but whose data is still
   * stored.
   */
  leftoverGenerations(): Promise<readonly number[]>;
  /** Returns the name that a topic has on the log. @param topic Latchkey's own name of the topic */
  nameOf(topic: string): string;
  /**
   * Returns whether the log compacts a topic. Undefined if the log never compacts topics.
   * @param topic Latchkey's own name of the topic
   */
  isCompacted?(topic: string): Promise<boolean>;
  /**
   * Looks up a public key by its id, to verify signatures on the topics. Without this function, signatures
   * are not checked.
   */
  readonly keyOf?: LookUpPublicKey;
}

export interface VerifyOptions {
  /**
   * For how long streams whose stores differ are compared again and again, in ms. `pauseMs` is the pause
   * before each further comparison, in ms.
   */
  readonly patienceMs: number;
  readonly pauseMs: number;
  /**
   * How many records may be in memory at the same time. If the topics contain more records, they are read
   * several times.
   */
  readonly maxRecords: number;
  /** How many findings are kept. Further findings are only counted. */
  readonly maxFindings: number;
  now(): Date;
  readonly onProgress: OnProgress;
  /** Anchors to compare the journal with. */
  readonly against?: AnchorsToCompare;
}

export interface VerificationResult {
  readonly counts: Readonly<ComparisonCounts>;
  /** When the oldest commit in the outbox was appended; undefined if the outbox is empty. */
  readonly oldestUnpublished: Date | undefined;
  /** The number of records that each consumer group has not read yet. */
  readonly lag: Readonly<Record<string, number>>;
  /** The findings that came first, at most `maxFindings` of them. */
  readonly findings: readonly Finding[];
  /** The total number of findings; 0 if everything agrees. */
  readonly found: number;
}

/**
 * Compares the journal, the topics, the read model and the deliveries of a system. Only reads them.
 * @throws any error of a view or of the log
 */
export async function verifySystem(
  sources: VerifySources,
  options: VerifyOptions,
): Promise<VerificationResult> {
  const findings = createFindingsCollector(options.maxFindings);
  const counter = createComparisonCounter();
  const shards = createShards(await countRecords(sources), options.maxRecords);
  for (const [index, shard] of shards.entries()) {
    const prefix = shards.length > 1 ? `pass ${index + 1} of ${shards.length}: ` : '';
    const onProgress: OnProgress = (what, done) => options.onProgress(prefix + what, done);
    await compareShard(sources, { ...options, onProgress }, { shard, counter, findings });
  }
  if (options.against !== undefined) {
    findings.add(options.against.findings);
    findings.add(await compareWithAnchors(sources.journal, options.against.genuine));
  }
  findings.add(await sharedKeys(sources));
  findings.add(await leftovers(sources, options));
  findings.add(await abandonedLeases(sources, options.now(), counter));
  const progress = await progressOf(sources);
  for (const each of progress) findings.add(lostPositions(each));
  return {
    counts: counter.counts,
    oldestUnpublished: counter.oldestUnpublished(),
    lag: Object.fromEntries(progress.map(({ group, records, read }) => [group, records - read])),
    findings: findings.kept(),
    found: findings.count(),
  };
}

function namesIn({ nameOf }: VerifySources): readonly string[] {
  return journalTopics.map(({ name }) => nameOf(name));
}

async function countRecords(sources: VerifySources): Promise<number> {
  const ranges = await Promise.all(namesIn(sources).map((name) => sources.log.ranges(name)));
  return ranges.flat().reduce((sum, { start, end }) => sum + end - start, 0);
}

async function compareShard(
  sources: VerifySources,
  options: VerifyOptions,
  result: {
    readonly shard: ShardFilter;
    readonly counter: ComparisonCounter;
    readonly findings: FindingsCollector;
  },
): Promise<void> {
  const { shard, counter, findings } = result;
  const { journal, log, profiles } = sources;
  const index = createTopicIndex(shard);
  await verifyShard({
    ...options,
    shard,
    journal,
    profiles,
    index,
    topics: createTopicReader({ log, topics: namesIn(sources), index, onProgress: options.onProgress }),
    compare: (streams) => compareStreams({ ...sources, index, now: options.now }, streams),
    onResult(compared) {
      counter.add(compared);
      findings.add(compared.findings);
    },
    onSuspect() {
      counter.counts.rechecked += 1;
    },
  });
  counter.counts.withoutKey += index.recordsWithoutKey();
}

/**
 * Returns a finding if the accounts topic is compacted although it contains records of release 0.1. In that
 * release, all events of an account had the same key, so compaction deletes all of them except one. Only the
 * first record of each partition is read, because the records of release 0.1 come first.
 */
async function sharedKeys({ log, nameOf, isCompacted }: VerifySources): Promise<readonly Finding[]> {
  if (!(await isCompacted?.(ACCOUNTS_TOPIC))) return [];
  const topic = nameOf(ACCOUNTS_TOPIC);
  for (const range of await log.ranges(topic))
    for await (const [first] of log.read(topic, range)) {
      const message = `${topic} is compacted, but has records of release 0.1, which share their keys`;
      if (first && sharesKey(first.key)) return [{ kind: 'topic-compacted', message }];
      break;
    }
  return [];
}

/**
 * Returns a finding for each generation of the read model that is no longer in use, but whose data is still
 * stored. Services remove this data in the background, so this function waits for up to `patienceMs` until it
 * is gone.
 */
async function leftovers(
  { leftoverGenerations }: VerifySources,
  { patienceMs, pauseMs }: VerifyOptions,
): Promise<readonly Finding[]> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const found = await leftoverGenerations();
    if (found.length === 0 || performance.now() >= giveUpAt)
      return found.map((generation) => {
        const message = `generation ${generation} of the read model was dropped, but is still stored`;
        return { kind: 'generation-leftover', message };
      });
    await pause(pauseMs);
  }
}

/**
 * A lease that expired longer ago than this, in ms, counts as abandoned. A running process would have taken
 * it over by then.
 */
const ABANDONED_MS = 60_000;

/**
 * Returns a finding for each abandoned lease of a mail or a request, because no process works on that mail or
 * request. Ignores the leases of jobs: a job takes its lease only when it has work, so an expired lease of a
 * job is normal.
 */
async function abandonedLeases(
  { journal, deliveries }: VerifySources,
  now: Date,
  { counts }: ComparisonCounter,
): Promise<readonly Finding[]> {
  const expired = [...(await journal.expiredLeases(now)), ...(await deliveries.expiredLeases(now))];
  counts.expiredLeases = expired.length;
  return expired.flatMap(({ of, name, endedAt }) => {
    const age = now.getTime() - endedAt.getTime();
    if (of === 'job' || age < ABANDONED_MS) return [];
    const message = `the lease of ${of} ${name} expired ${formatDurationInLargestUnit(age)} ago`;
    return [{ kind: 'lease-over', message } as const];
  });
}

/** Returns how far each consumer group has read. */
async function progressOf({ groups, profiles, deliveries }: VerifySources) {
  const names = journalTopics.map(({ name }) => name);
  return [
    { group: profiles.group, ...(await groups.progressOf(profiles.group, [ACCOUNTS_TOPIC])) },
    { group: deliveries.group, ...(await groups.progressOf(deliveries.group, names)) },
  ];
}

function lostPositions({ outOfRange }: ConsumerGroupProgress): readonly Finding[] {
  return outOfRange.map((message) => ({ kind: 'position-out-of-range', message }));
}
