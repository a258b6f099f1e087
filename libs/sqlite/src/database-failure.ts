/** Thrown when the database is used after it was closed. */
export class DatabaseClosed extends Error {
  constructor() {
    super('The database is closed.');
    this.name = 'DatabaseClosed';
  }
}

/** Returns whether the database itself failed, is locked or closed. False for errors in the statements. */
export function isDatabaseFailure(error: unknown): error is Error {
  return (
    error instanceof DatabaseClosed ||
    (error instanceof Error &&
      'code' in error &&
      // The driver's codes for SQLite's own errors and for a closed connection.
      (error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_INVALID_STATE'))
  );
}
