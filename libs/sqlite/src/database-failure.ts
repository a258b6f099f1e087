/** The database was closed before it was asked. */
export class DatabaseClosed extends Error {
  constructor() {
    super('The database is closed.');
    this.name = 'DatabaseClosed';
  }
}

/** Whether an error says that the database failed, is locked or is closed: not what was wrong with what was asked. */
export function isDatabaseFailure(error: unknown): boolean {
  return (
    error instanceof DatabaseClosed ||
    (error instanceof Error &&
      'code' in error &&
      // Of the driver: SQLite's own errors, and a connection that has been closed.
      (error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_INVALID_STATE'))
  );
}
