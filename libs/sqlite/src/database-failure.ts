/** Thrown when the database is used after it was closed. */
export class DatabaseClosedError extends Error {
  constructor() {
    super('The database is closed.');
    this.name = 'DatabaseClosedError';
  }
}

/**
 * Returns whether an error means that the database has failed, is locked or is closed. False for a mistake in
 * an SQL statement.
 */
export function isDatabaseFailure(error: unknown): error is Error {
  return (
    error instanceof DatabaseClosedError ||
    (error instanceof Error &&
      'code' in error &&
      // The driver's codes for SQLite's own errors and for a closed connection.
      (error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_INVALID_STATE'))
  );
}
