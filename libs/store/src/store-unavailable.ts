/**
 * Thrown if the store cannot be reached, has failed, or has not responded in time. Every method of every
 * storage port may reject with this error. After this error, the outcome of the call is unknown: a write may
 * or may not have taken place.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';

  /**
   * @param cause the store's own error. The message of the cause becomes part of this error's message, so it
   * must contain no stored data
   */
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? `: ${cause.message}` : '.';
    super(`The store cannot be reached${reason}`, { cause });
  }
}
