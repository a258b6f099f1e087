/** States of streams, folded from the journal. */

import { StoreUnavailable } from '@latchkey/store';
import { type Commit, type Journal, type RecordedFact, UnreadableCommit } from './ports/journal.ts';
import type { Snapshots } from './ports/snapshots.ts';

export interface StreamsDeps<State> {
  readonly journal: Pick<Journal, 'read'>;
  readonly snapshots: Snapshots;
  /** The state of a stream without commits. */
  readonly initial: State;
  /** Pure; neither changes the state given. A state must survive JSON. */
  readonly evolve: (state: State, fact: RecordedFact, sequence: number) => State;
  /** Raised when the shape of the state changes: snapshots of another version are ignored. */
  readonly stateVersion: number;
  /** A load that read more commits than this leaves a snapshot (default 100). */
  readonly snapshotEvery?: number;
  /** How many states are kept in memory (default 1,000), those loaded last. */
  readonly remembered?: number;
}

export interface Loaded<State> {
  readonly state: State;
  /** Of the last commit; 0 for a stream that there is not. The next one has `number + 1`. */
  readonly number: number;
  /** Of the last event; 0 for a stream that there is not. */
  readonly sequence: number;
}

export interface Streams<State> {
  /**
   * The state after all commits that the journal has now: what is remembered, in memory or as a snapshot, only
   * shortens the way.
   * @throws StoreUnavailable, or UnreadableCommit
   */
  load(stream: string): Promise<Loaded<State>>;
}

export function createStreams<State>(deps: StreamsDeps<State>): Streams<State> {
  const { journal, snapshots, initial, evolve, stateVersion, snapshotEvery = 100, remembered = 1000 } = deps;
  const memory = createMemory<Loaded<State>>(remembered);

  async function restore(stream: string): Promise<Loaded<State>> {
    const snapshot = await snapshots.find(stream).catch(unlessAvailable);
    if (snapshot?.stateVersion !== stateVersion) return { state: initial, number: 0, sequence: 0 };
    const { number, sequence } = snapshot;
    // The version vouches for the shape.
    return { state: snapshot.state as State, number, sequence };
  }

  function apply(before: Loaded<State>, commit: Commit): Loaded<State> {
    refuseGap(before, commit);
    let { state, sequence } = before;
    for (const fact of commit.events) {
      sequence += 1;
      state = evolve(state, fact, sequence);
    }
    return { state, number: commit.number, sequence };
  }

  async function leaveSnapshot(stream: string, loaded: Loaded<State>): Promise<void> {
    await snapshots.save({ stream, stateVersion, ...loaded }).catch(unlessAvailable);
  }

  return {
    async load(stream) {
      const known = memory.get(stream) ?? (await restore(stream));
      const commits = await journal.read(stream, known.number);
      const loaded = commits.reduce(apply, known);
      if (loaded.number > 0) memory.set(stream, loaded);
      if (commits.length > snapshotEvery) await leaveSnapshot(stream, loaded);
      return loaded;
    },
  };
}

/**
 * Snapshots are optional: on a store failure, replay from the start. A journal outage still surfaces when the commits
 * are read.
 */
function unlessAvailable(error: unknown): undefined {
  if (!(error instanceof StoreUnavailable)) throw error;
}

/** A decision on a state with a hole in it would be wrong without anyone noticing. */
function refuseGap(before: Loaded<unknown>, { stream, number, sequence }: Commit): void {
  if (number !== before.number + 1) {
    throw new UnreadableCommit(stream, before.number + 1, 'it is missing');
  }
  if (sequence !== before.sequence + 1) {
    throw new UnreadableCommit(stream, number, 'its sequence is not the next one');
  }
}

interface Memory<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/** Forgets what was used longest ago: a Map keeps the order in which keys were set. */
function createMemory<Value>(size: number): Memory<Value> {
  const values = new Map<string, Value>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.delete(key);
      values.set(key, value);
      if (values.size <= size) return;
      const [oldest] = values.keys();
      if (oldest !== undefined) values.delete(oldest);
    },
  };
}
