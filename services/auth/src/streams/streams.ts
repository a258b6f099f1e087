import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailable } from '@latchkey/store';
import { LRUCache } from 'lru-cache';
import { type Commit, type Journal, type RecordedFact, UnreadableCommit } from '../ports/journal.ts';
import type { Snapshot, SnapshotStore } from '../ports/snapshots.ts';

/**
 * How many commits are applied to a state in one turn of the event loop; this takes a few ms. A load has more
 * commits to apply only if the stream has a long history and is neither cached nor has a snapshot.
 */
const APPLIED_PER_TURN = 1000;

export interface StreamLoaderDeps<State> {
  readonly journal: Pick<Journal, 'read'>;
  readonly snapshots: SnapshotStore;
  /** The initial state of a stream, before its first commit. */
  readonly initial: State;
  /**
   * Returns the state of a stream after one more event. Must not modify the given state. States must survive
   * a JSON round trip.
   */
  readonly applyFact: (state: State, fact: RecordedFact, sequence: number) => State;
  /**
   * The version of the shape of the state. It must be increased when the shape changes, because snapshots of
   * other versions are ignored.
   */
  readonly stateVersion: number;
  /**
   * If a load has to read more commits than this, it saves a snapshot, so that the next load need not read
   * them again. Default: 100.
   */
  readonly snapshotEvery?: number;
  /** The maximum number of streams whose states are cached in memory (default 1,000). */
  readonly remembered?: number;
}

export interface LoadedStream<State> {
  readonly state: State;
  /** The number of the last commit of the stream; 0 if the stream does not exist. */
  readonly number: number;
  /** The sequence of the last event of the stream; 0 if the stream does not exist. */
  readonly sequence: number;
  /**
   * The hash of the last event of the stream; undefined if there is no event, or if the last event has no
   * hash-chain entry.
   */
  readonly head?: string;
}

/** What a snapshot stores as its state: the state of the stream and the hash of its last event. */
interface StoredState<State> {
  readonly state: State;
  readonly head?: string;
}

/** Computes the states of streams from their commits in the journal. */
export interface StreamLoader<State> {
  /**
   * Returns the state of a stream after all commits that are in the journal at the time of the call. Even if
   * the state is cached or has a snapshot, the later commits are read from the journal.
   * @throws StoreUnavailable, or UnreadableCommit
   */
  load(stream: string): Promise<LoadedStream<State>>;
}

export function createStreamLoader<State>(deps: StreamLoaderDeps<State>): StreamLoader<State> {
  const {
    journal,
    snapshots,
    initial,
    applyFact,
    stateVersion,
    snapshotEvery = 100,
    remembered = 1000,
  } = deps;
  const memory = new LRUCache<string, LoadedStream<State>>({ max: remembered });

  async function restore(stream: string): Promise<LoadedStream<State>> {
    const snapshot = await snapshots.find(stream).catch(ignoreOutage);
    if (snapshot?.stateVersion !== stateVersion) return { state: initial, number: 0, sequence: 0 };
    const { number, sequence } = snapshot;
    // The cast is safe, because `stateVersion` identifies the shape of the state.
    const { state, head } = snapshot.state as StoredState<State>;
    return { state, number, sequence, ...(head === undefined ? {} : { head }) };
  }

  function apply(before: LoadedStream<State>, commit: Commit): LoadedStream<State> {
    refuseGap(before, commit);
    let { state, sequence } = before;
    for (const fact of commit.events) {
      sequence += 1;
      state = applyFact(state, fact, sequence);
    }
    const head = commit.events.at(-1)?.chain?.hash;
    return { state, number: commit.number, sequence, ...(head === undefined ? {} : { head }) };
  }

  /** Returns the state of a stream after some more commits. Lets other work run after every 1,000 commits. */
  async function applyAll(
    before: LoadedStream<State>,
    commits: readonly Commit[],
  ): Promise<LoadedStream<State>> {
    let loaded = before;
    for (const [index, commit] of commits.entries()) {
      if (index > 0 && index % APPLIED_PER_TURN === 0) await nextTurn();
      loaded = apply(loaded, commit);
    }
    return loaded;
  }

  function snapshotOf(stream: string, { number, sequence, ...state }: LoadedStream<State>): Snapshot {
    return { stream, stateVersion, number, sequence, state: state satisfies StoredState<State> };
  }

  return {
    async load(stream) {
      const known = memory.get(stream) ?? (await restore(stream));
      const commits = await journal.read(stream, known.number);
      const loaded = await applyAll(known, commits);
      if (loaded.number > 0) memory.set(stream, loaded);
      if (commits.length > snapshotEvery)
        await snapshots.save(snapshotOf(stream, loaded)).catch(ignoreOutage);
      return loaded;
    },
  };
}

/**
 * Ignores an outage of the snapshot store, because snapshots are optional: without a snapshot, the state is
 * computed from all commits. If the journal is unavailable too, reading the commits fails.
 */
function ignoreOutage(error: unknown): undefined {
  if (!(error instanceof StoreUnavailable)) throw error;
}

/**
 * Throws if a commit of a stream is missing, because decisions based on an incomplete stream would be
 * silently wrong.
 */
function refuseGap(before: LoadedStream<unknown>, { stream, number, sequence }: Commit): void {
  if (number !== before.number + 1) {
    throw new UnreadableCommit(stream, before.number + 1, 'it is missing');
  }
  if (sequence !== before.sequence + 1) {
    throw new UnreadableCommit(stream, number, 'its sequence is not the next one');
  }
}
