/** Thrown if the disk of the store is full: reads work, writes fail. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';

  /** @param cause the store's own failure, if there is one */
  constructor(cause?: unknown) {
    super('the disk is full', { cause });
  }
}
