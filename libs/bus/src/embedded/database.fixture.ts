import { type Database, type OpenDatabaseOptions, openDatabase } from '@latchkey/sqlite';
import { type AllowedPlan, refuseTableScans } from '@latchkey/sqlite/testing';

const allowed: readonly AllowedPlan[] = [
  { plan: /^SCAN bus_topic\b/, because: 'the number of topics is small' },
  { plan: /^SCAN bus_partition\b/, because: 'the number of partitions is small' },
  { plan: /^USE TEMP B-TREE FOR ORDER BY: SELECT name, .* FROM bus_topic /, because: 'it sorts topics' },
];

/**
 * Opens a database for the embedded log that throws if a statement scans the log instead of using an index.
 */
export function openLogDatabase(options: OpenDatabaseOptions): Database {
  return refuseTableScans(openDatabase(options), allowed);
}
