/** Copies records from one store to another, for `ops move`. */

/** The store from which the records of one kind are moved. */
export interface MoveSource<Item> {
  count(): Promise<number>;
  /** Yields all records, in the order in which the target must get them. No batch is empty. */
  batches(): AsyncIterable<readonly Item[]>;
}

/** The store to which the records of one kind are moved. */
export interface MoveTarget<Item> {
  /** Inserts the records whose id is new. Existing records are unchanged. Idempotent. */
  add(batch: readonly Item[]): Promise<void>;
  /**
   * Returns how many records of the batch the target contains. A record counts even if it was changed after
   * it was added.
   */
  held(batch: readonly Item[]): Promise<number>;
  /** Returns the number of all records. */
  count(): Promise<number>;
}

/** Moves one kind of record from a source to a target. Every method may reject with StoreUnavailable. */
export interface RecordMove {
  /** The name of this kind in the plural, shown to operators, for example `sessions`. */
  readonly name: string;
  /**
   * Whether the services keep records of this kind permanently. If false, the services delete old records, so
   * a check after the move must accept that the target lacks some of the moved records.
   */
  readonly lasting: boolean;
  /** Returns the number of records in the source. */
  count(): Promise<number>;
  /**
   * Copies all records. Idempotent.
   * @param onBatch called after each batch, with the number of records that were copied
   */
  copy(onBatch: (size: number) => void): Promise<void>;
  /** Returns how many of the source's records the target has. */
  held(): Promise<number>;
  /** Returns the number of all records in the target. */
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
