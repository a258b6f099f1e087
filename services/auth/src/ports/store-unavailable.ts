/**
 * What every port rejects with when its store cannot be reached, fails or does not answer: whether what was
 * asked for took place is unknown.
 */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super('The store cannot be reached.', { cause });
    this.name = 'StoreUnavailable';
  }
}
