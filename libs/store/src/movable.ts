/** Copies records from one store to another, for `ops move`. */

/** The records of one kind in the store that they are moved from. */
export interface MoveSource<Item> {
  count(): Promise<number>;
  /** Yields all records in the order in which the target must receive them. No batch is empty. */
  batches(): AsyncIterable<readonly Item[]>;
}

/** The records of one kind in the store that they are moved to. */
export interface MoveTarget<Item> {
  /** Inserts the records whose id is new; existing ones stay as they are. Idempotent. */
  add(batch: readonly Item[]): Promise<void>;
  /** Counts the records of the batch that the target contains, either as they were added or in a later state. */
  held(batch: readonly Item[]): Promise<number>;
  /** Counts all records. */
  count(): Promise<number>;
}

/** One kind of record, with its source and its target. Every method may reject with StoreUnavailable. */
export interface RecordMove {
  /** The name of this kind in the plural, shown to operators, for example `sessions`. */
  readonly name: string;
  /**
   * Whether the services keep the records permanently. False if they delete records of this kind over time; a later
   * check must then tolerate missing records.
   */
  readonly lasting: boolean;
  /** Counts the records of the source. */
  count(): Promise<number>;
  /** Copies all records. Idempotent. @param onBatch receives the size of each batch once the target has it */
  copy(onBatch: (size: number) => void): Promise<void>;
  /** Counts the records of the source that the target has. */
  held(): Promise<number>;
  /** Counts all records of the target. */
  arrived(): Promise<number>;
}

export function createRecordMove<Item>(
  kind: { readonly name: string; readonly lasting: boolean },
  source: MoveSource<Item>,
  target: MoveTarget<Item>,
): RecordMove {
  return {
    ...kind,
    count: source.count,
    async copy(onBatch) {
      for await (const batch of source.batches()) {
        await target.add(batch);
        onBatch(batch.length);
      }
    },
    async held() {
      let held = 0;
      for await (const batch of source.batches()) held += await target.held(batch);
      return held;
    },
    arrived: target.count,
  };
}
