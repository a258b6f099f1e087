import { StoreUnavailable } from '@latchkey/store';
import { LRUCache } from 'lru-cache';
import { type Commit, type Journal, type RecordedFact, UnreadableCommit } from '../ports/journal.ts';
import type { Snapshot, Snapshots } from '../ports/snapshots.ts';

export interface StreamsDeps<State> {
  readonly journal: Pick<Journal, 'read'>;
  readonly snapshots: Snapshots;
  /** The state of a stream without commits. */
  readonly initial: State;
  /**
   * Returns the state after a fact. Pure: must not change the given state. A state must survive a round trip through
   * JSON.
   */
  readonly evolve: (state: State, fact: RecordedFact, sequence: number) => State;
  /** Increase this when the shape of the state changes: snapshots of other versions are ignored. */
  readonly stateVersion: number;
  /** A load that reads more commits than this saves a snapshot (default 100). */
  readonly snapshotEvery?: number;
  /** Maximum number of streams whose state is kept in memory (default 1,000). */
  readonly remembered?: number;
}

export interface LoadedStream<State> {
  readonly state: State;
  /** Number of the last commit; 0 if the stream does not exist. */
  readonly number: number;
  /** Sequence of the last event; 0 if the stream does not exist. */
  readonly sequence: number;
  /** Hash of the last event; undefined if there is none, or if it has no chain entry. */
  readonly head?: string;
}

/** The state, as a snapshot stores it. */
interface StoredState<State> {
  readonly state: State;
  readonly head?: string;
}

/** The states of streams. Each state is computed from the commits of the stream in the journal. */
export interface Streams<State> {
  /**
   * Returns the state after all commits that the journal has now. Memory and snapshots are only optimisations.
   * @throws StoreUnavailable, or UnreadableCommit
   */
  load(stream: string): Promise<LoadedStream<State>>;
}

export function createStreams<State>(deps: StreamsDeps<State>): Streams<State> {
  const { journal, snapshots, initial, evolve, stateVersion, snapshotEvery = 100, remembered = 1000 } = deps;
  const memory = new LRUCache<string, LoadedStream<State>>({ max: remembered });

  async function restore(stream: string): Promise<LoadedStream<State>> {
    const snapshot = await snapshots.find(stream).catch(ignoreOutage);
    if (snapshot?.stateVersion !== stateVersion) return { state: initial, number: 0, sequence: 0 };
    const { number, sequence } = snapshot;
    // The version of the state guarantees its shape, so the cast is safe.
    const { state, head } = snapshot.state as StoredState<State>;
    return { state, number, sequence, ...(head === undefined ? {} : { head }) };
  }

  function apply(before: LoadedStream<State>, commit: Commit): LoadedStream<State> {
    refuseGap(before, commit);
    let { state, sequence } = before;
    for (const fact of commit.events) {
      sequence += 1;
      state = evolve(state, fact, sequence);
    }
    const head = commit.events.at(-1)?.chain?.hash;
    return { state, number: commit.number, sequence, ...(head === undefined ? {} : { head }) };
  }

  function snapshotOf(stream: string, { number, sequence, ...state }: LoadedStream<State>): Snapshot {
    return { stream, stateVersion, number, sequence, state: state satisfies StoredState<State> };
  }

  return {
    async load(stream) {
      const known = memory.get(stream) ?? (await restore(stream));
      const commits = await journal.read(stream, known.number);
      const loaded = commits.reduce(apply, known);
      if (loaded.number > 0) memory.set(stream, loaded);
      if (commits.length > snapshotEvery)
        await snapshots.save(snapshotOf(stream, loaded)).catch(ignoreOutage);
      return loaded;
    },
  };
}

/**
 * Ignores that the store of snapshots is unavailable, because snapshots are optional: without one, the state is
 * computed from all commits of the stream. If the journal is unavailable, too, reading the commits fails.
 */
function ignoreOutage(error: unknown): undefined {
  if (!(error instanceof StoreUnavailable)) throw error;
}

/** Refuses commits with a gap, because a decision based on them would be wrong, and nobody would notice. */
function refuseGap(before: LoadedStream<unknown>, { stream, number, sequence }: Commit): void {
  if (number !== before.number + 1) {
    throw new UnreadableCommit(stream, before.number + 1, 'it is missing');
  }
  if (sequence !== before.sequence + 1) {
    throw new UnreadableCommit(stream, number, 'its sequence is not the next one');
  }
}
