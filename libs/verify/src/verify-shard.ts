/**
 * Compares one shard of accounts and mailings. If the stores differ for some of them, compares these accounts
 * and mailings again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { StreamComparison } from './compare-streams.ts';
import type { ShardFilter } from './shards.ts';
import type { TopicIndex } from './topic-index.ts';
import type { OnProgress, TopicReader } from './topic-reader.ts';
import type { JournaledStream, JournalView, ProfileView } from './views.ts';

export interface VerifyShardDeps {
  readonly shard: ShardFilter;
  readonly journal: Pick<JournalView, 'streams' | 'stream'>;
  readonly profiles: Pick<ProfileView, 'ids'>;
  readonly index: TopicIndex;
  readonly topics: TopicReader;
  compare(streams: readonly JournaledStream[]): Promise<readonly StreamComparison[]>;
  /**
   * For how long streams whose stores differ are compared again and again, in ms. `pauseMs` is the pause
   * before each further comparison, in ms.
   */
  readonly patienceMs: number;
  readonly pauseMs: number;
  /**
   * Called once for each stream, with the result of its final comparison. This is the first comparison
   * without findings or, if all comparisons have findings, the last one before `patienceMs` has passed.
   */
  onResult(compared: StreamComparison): void;
  /**
   * Called once for each stream whose first comparison has findings, and that is therefore compared again.
   */
  onSuspect(): void;
  readonly onProgress: OnProgress;
}

/**
 * Compares the accounts and mailings of one shard. Reads the topics before the journal. As every event is in
 * the journal before it is on a topic, the journal must contain every event that was read from a topic.
 */
export async function verifyShard(deps: VerifyShardDeps): Promise<void> {
  const { index, profiles, shard, topics } = deps;
  await topics.readToEnd();
  const suspects = new Set<string>();
  for await (const id of disagreeing(deps)) suspects.add(id);
  for (const subject of index.notInJournal()) suspects.add(subject);
  for await (const ids of profiles.ids()) {
    for (const id of ids) if (shard(id) && !index.entryOf(id).inJournal) suspects.add(id);
  }
  for (const _ of suspects) deps.onSuspect();
  await compareAgain(deps, suspects);
}

async function* disagreeing(deps: VerifyShardDeps): AsyncGenerator<string> {
  const { journal, shard, index, compare, onResult, onProgress } = deps;
  let seen = 0;
  for await (const batch of journal.streams()) {
    const streams = batch.filter(({ id }) => shard(id));
    for (const { id } of streams) index.markInJournal(id);
    for (const compared of await compare(streams)) {
      if (compared.findings.length === 0) onResult(compared);
      else yield compared.stream.id;
    }
    seen += batch.length;
    onProgress('accounts and mailings compared', seen);
  }
}

/**
 * Repeats the comparison of the streams that had findings, until there are no findings left or `patienceMs`
 * has passed.
 */
async function compareAgain(deps: VerifyShardDeps, suspects: Set<string>): Promise<void> {
  const { topics, patienceMs, pauseMs, onResult, onProgress } = deps;
  const giveUpAt = performance.now() + patienceMs;
  for (let isLast = false; suspects.size > 0 && !isLast; ) {
    onProgress('accounts and mailings to be compared again', suspects.size);
    await pause(pauseMs);
    isLast = performance.now() >= giveUpAt;
    await topics.readToEnd();
    for await (const compared of compareById(deps, [...suspects])) {
      if (compared.findings.length > 0 && !isLast) continue;
      suspects.delete(compared.stream.id);
      onResult(compared);
    }
  }
}

const STREAMS_PER_BATCH = 100;

async function* compareById(
  { journal, compare }: VerifyShardDeps,
  ids: readonly string[],
): AsyncGenerator<StreamComparison> {
  for (let at = 0; at < ids.length; at += STREAMS_PER_BATCH) {
    const batch = ids.slice(at, at + STREAMS_PER_BATCH);
    const streams = await Promise.all(
      batch.map(async (id) => (await journal.stream(id)) ?? { id, events: [] }),
    );
    yield* await compare(streams);
  }
}
