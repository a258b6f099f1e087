/**
 * What a store must contain before a service starts. An operator prepares it, and the service checks it at
 * its start.
 */
export interface StorePreparation {
  /**
   * Returns what the store must contain, in the order in which it must be prepared.
   * @throws StoreUnavailable
   */
  requirements(): Promise<readonly StorageRequirement[]>;
  /**
   * Checks that the store contains everything that is required.
   * @throws SchemaError if something is missing, differs, or is of a later version; StoreUnavailable
   */
  check(): Promise<void>;
}

/** Something that must exist in the store, such as an index or a schema version. */
export interface StorageRequirement {
  /** The name of the requirement, which operators see, such as `auth_commits.unpublished`. */
  readonly name: string;
  /**
   * Creates what is missing.
   * @throws SchemaError if existing data or objects prevent this; StoreUnavailable
   */
  prepare(): Promise<'created' | 'unchanged'>;
}

/** Thrown if the schema of the store is not the required one. The message is one line for the operator. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/**
 * The preparation of a store that an operator need not prepare, because the store prepares itself when it is
 * opened.
 */
export const noStorePreparation: StorePreparation = {
  requirements: async () => [],
  check: async () => undefined,
};
