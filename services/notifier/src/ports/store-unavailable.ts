/**
 * What every method of the store's port rejects with when the store cannot be reached, fails or does not answer:
 * whether what was asked for took place is unknown.
 */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super('The store cannot be reached.', { cause });
    this.name = 'StoreUnavailable';
  }
}
