/** Thrown if the disk of the store is full, so that writes fail while reads work. */
export class DiskFullError extends Error {
  override readonly name = 'DiskFullError';

  /** @param cause the store's own error; undefined if a check has found that the disk is full */
  constructor(cause?: unknown) {
    super('the disk is full', { cause });
  }
}
