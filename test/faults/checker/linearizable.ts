/**
 * Decides whether a concurrent history is linearizable: whether its operations can be put into one order that agrees
 * with real time, and in which each has the observed outcome. The algorithm is by Wing and Gong, with Lowe's memory of
 * visited configurations, as in Knossos and porcupine. It is a depth-first search. The next operation is always one of
 * those that began before the earliest response among the remaining operations. Read-only operations are placed as soon
 * as their outcome is possible, because that never rules out a solution.
 */

/** An operation on an object of type `State`. Times are in ms since 1970. */
export interface Operation<State> {
  readonly name: string;
  readonly calledAt: number;
  /**
   * The time of the response; Infinity if there was none, because an operation without a response may take
   * effect at any later time.
   */
  readonly returnedAt: number;
  /** Whether it is possible that the operation has never taken effect. */
  readonly optional: boolean;
  /** Whether the operation only reads the state and never changes it. */
  readonly readOnly: boolean;
  /**
   * Returns the state after the operation; undefined if the observed outcome of the operation is impossible
   * in the given state.
   */
  apply(state: State): State | undefined;
}

export type LinearizabilityVerdict =
  | { readonly kind: 'linearizable' }
  /**
   * The history is not linearizable. The search kept the longest order that it found. `stuckAt` names the
   * operation with the earliest response among those that do not fit into this order.
   */
  | { readonly kind: 'impossible'; readonly stuckAt: string }
  /** The search was given up because it exceeded the maximum number of configurations. */
  | { readonly kind: 'undecided' };

interface Configuration<State> {
  readonly state: State;
  /** Marks the operations that are in the order so far: item n is 1 if operation n is in the order. */
  readonly done: Uint8Array;
}

export interface LinearizeOptions<State> {
  readonly initial: State;
  /** Returns a string that identifies the state: equal states must have equal strings. */
  keyOf(state: State): string;
  /** The maximum number of configurations that the search visits before it gives up. */
  readonly budget: number;
}

export function linearize<State>(
  operations: readonly Operation<State>[],
  { initial, keyOf, budget }: LinearizeOptions<State>,
): LinearizabilityVerdict {
  const ops = operations.toSorted((a, b) => a.calledAt - b.calledAt);
  const visited = new Set<string>();
  let left = budget;
  let farthest = { done: -1, stuckAt: '' };

  /**
   * Returns the operations that may come next: those that began before the earliest response among the
   * remaining operations.
   */
  function candidatesIn(done: Uint8Array): readonly number[] {
    let deadline = Number.POSITIVE_INFINITY;
    const candidates: number[] = [];
    for (const [index, { calledAt, returnedAt, optional }] of ops.entries()) {
      if (calledAt > deadline) break;
      if (done[index] === 1) continue;
      candidates.push(index);
      if (!optional) deadline = Math.min(deadline, returnedAt);
    }
    return candidates.filter((index) => at(ops, index).calledAt <= deadline);
  }

  /** Places all read-only operations whose outcome is possible in the current state. */
  function absorb({ state, done }: Configuration<State>): Configuration<State> {
    const all = done.slice();
    function absorbSome(): boolean {
      const possible = candidatesIn(all).filter((index) => {
        const { readOnly, apply } = at(ops, index);
        return readOnly && apply(state) !== undefined;
      });
      for (const index of possible) all[index] = 1;
      return possible.length > 0;
    }
    while (absorbSome());
    return { state, done: all };
  }

  function isComplete(done: Uint8Array): boolean {
    return ops.every(({ optional }, index) => optional || done[index] === 1);
  }

  function note(done: Uint8Array): void {
    const many = done.reduce((sum, one) => sum + one, 0);
    if (many <= farthest.done) return;
    const next = candidatesIn(done)
      .filter((index) => !at(ops, index).optional)
      .toSorted((a, b) => at(ops, a).returnedAt - at(ops, b).returnedAt)[0];
    farthest = { done: many, stuckAt: next === undefined ? '' : at(ops, next).name };
  }

  const stack: Configuration<State>[] = [{ state: initial, done: new Uint8Array(ops.length) }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { state, done } = absorb(top);
    if (isComplete(done)) return { kind: 'linearizable' };
    const key = `${Buffer.from(done).toString('latin1')} ${keyOf(state)}`;
    if (visited.has(key)) continue;
    visited.add(key);
    left -= 1;
    if (left < 0) return { kind: 'undecided' };
    note(done);
    // Push the operation with the earliest response last: it is tried first, because it probably happened
    // first.
    const inOrder = candidatesIn(done).toSorted((a, b) => at(ops, b).returnedAt - at(ops, a).returnedAt);
    for (const index of inOrder) {
      const next = at(ops, index).readOnly ? undefined : at(ops, index).apply(state);
      if (next !== undefined) stack.push({ state: next, done: done.with(index, 1) });
    }
  }
  return { kind: 'impossible', stuckAt: farthest.stuckAt };
}

function at<T>(all: readonly T[], index: number): T {
  const one = all[index];
  if (one === undefined) throw new RangeError(`there is no operation ${index}`);
  return one;
}
