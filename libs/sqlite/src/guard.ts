import { type AsyncPort, DiskFullError, mapPortErrors } from '@latchkey/store';
import { isDiskFullError } from './data-folder-error.ts';
import { isDatabaseFailure } from './database-failure.ts';

/** Wraps the methods of a store's port, so that failures of SQLite become StoreUnavailable. */
export function mapSqliteErrors<Port extends object & AsyncPort<Port>>(port: Port): Port {
  return mapPortErrors(port, failureOf);
}

function failureOf(error: unknown): Error | undefined {
  if (error instanceof DiskFullError) return error;
  if (!isDatabaseFailure(error)) return undefined;
  return isDiskFullError(error) ? new DiskFullError(error) : error;
}
