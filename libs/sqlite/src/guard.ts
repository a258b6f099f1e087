import { type AsyncPort, guardPort } from '@latchkey/store';
import { isDatabaseFailure } from './database-failure.ts';

/** Returns the port with failures of SQLite mapped to StoreUnavailable. */
export function guardSqlite<Port extends object & AsyncPort<Port>>(port: Port): Port {
  return guardPort(port, (error) => (isDatabaseFailure(error) ? error : undefined));
}
