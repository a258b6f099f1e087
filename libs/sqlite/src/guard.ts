import { type AsyncPort, DiskFull, guardPort } from '@latchkey/store';
import { isDiskFull } from './data-folder-error.ts';
import { isDatabaseFailure } from './database-failure.ts';

/** Wraps the methods of a store's port, so that failures of SQLite become StoreUnavailable. */
export function mapSqliteErrors<Port extends object & AsyncPort<Port>>(port: Port): Port {
  return guardPort(port, failureOf);
}

function failureOf(error: unknown): Error | undefined {
  if (error instanceof DiskFull) return error;
  if (!isDatabaseFailure(error)) return undefined;
  return isDiskFull(error) ? new DiskFull(error) : error;
}
