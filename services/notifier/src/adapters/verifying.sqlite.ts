import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { DeliveryRecords } from '../ports/verifying.ts';
import { createSqliteDeliveries } from './deliveries.sqlite.ts';

const RECORDED = 'SELECT id FROM notifier_deliveries WHERE id IN (SELECT value FROM json_each(?))';
const LEASES = `
SELECT id, due_at FROM notifier_deliveries WHERE due_at < ? AND state = 'claimed' LIMIT 1000`;

/** Deliveries in the embedded store, to be looked up, also beside the server that writes them. */
export function createSqliteDeliveryRecords(database: Database): DeliveryRecords {
  // A folder that an earlier build filled may lack a table.
  createSqliteDeliveries(database);
  const port: DeliveryRecords = {
    async recorded(ids) {
      const rows = database.prepare(RECORDED).all(JSON.stringify(ids));
      return new Set(rows.map(({ id }) => String(id)));
    },

    async leasesOver(before) {
      const rows = database.prepare(LEASES).all(before.getTime());
      return rows.map(({ id, due_at }) => ({
        of: 'mail',
        name: String(id),
        endedAt: new Date(Number(due_at)),
      }));
    },
  };
  return guardSqlite(port);
}
