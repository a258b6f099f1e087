/** Records that one store hands over to another and finds again there: for moving to other servers. */

export interface Source<Item> {
  count(): Promise<number>;
  /** All of them, in the order in which they are to arrive; no batch is empty. */
  batches(): Iterable<readonly Item[]>;
}

export interface Target<Item> {
  /** Adds those that are not there yet; what is there stays as it is. Safe to repeat. */
  add(batch: readonly Item[]): Promise<void>;
  /** How many of them are there: each as it was handed over, or further on in its life. */
  held(batch: readonly Item[]): Promise<number>;
  /** How many there are in all. */
  count(): Promise<number>;
}

/** All records of one kind. Every method rejects where a store cannot be reached. */
export interface Movable {
  /** In the plural. */
  readonly name: string;
  /** False: the services remove them in time, so that they are not looked for after a while. */
  readonly lasting: boolean;
  count(): Promise<number>;
  /** Hands all over. `onBatch` is told how many more the target has now. Safe to repeat. */
  copy(onBatch: (more: number) => void): Promise<void>;
  /** How many of the source's the target holds. */
  held(): Promise<number>;
  /** How many the target holds in all. */
  arrived(): Promise<number>;
}

export function movable<Item>(
  kind: { readonly name: string; readonly lasting: boolean },
  source: Source<Item>,
  target: Target<Item>,
): Movable {
  return {
    ...kind,
    count: source.count,
    async copy(onBatch) {
      for (const batch of source.batches()) {
        await target.add(batch);
        onBatch(batch.length);
      }
    },
    async held() {
      let held = 0;
      for (const batch of source.batches()) held += await target.held(batch);
      return held;
    },
    arrived: target.count,
  };
}
