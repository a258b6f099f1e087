/** The parts of a store that an operator prepares before a service starts, and that the service checks at its start. */
export interface Preparable {
  /** Returns what the service needs, in the order in which it must be prepared. @throws StoreUnavailable */
  requirements(): Promise<readonly StorageRequirement[]>;
  /**
   * Checks all requirements.
   * @throws SchemaError if one is missing, differs, or is of a later version; StoreUnavailable
   */
  check(): Promise<void>;
}

/** Something that must exist in the store, such as an index or a schema version. */
export interface StorageRequirement {
  /** The name shown to operators, such as `auth_commits.unpublished`. */
  readonly name: string;
  /** Creates what is missing. @throws SchemaError if existing data or objects prevent that; StoreUnavailable */
  prepare(): Promise<'created' | 'unchanged'>;
}

/** Thrown if the schema of the store is not the required one. The message is one line for the operator. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** The requirements of stores that prepare themselves when they are opened: none. */
export const nothingToPrepare: Preparable = {
  requirements: async () => [],
  check: async () => undefined,
};
