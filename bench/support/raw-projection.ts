/**
 * Measures the lower bound for filling a read model: the time to decode the records of the log and to write the rows,
 * without any other work.
 */

import type { BusRecord } from '@latchkey/bus';
import { createEmbeddedLogReader } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC, decode, subjectOfKey } from '@latchkey/events';
import { type Database, openDatabase } from '@latchkey/sqlite';
import {
  createProfileTableSql,
  getProfileTableName,
} from '../../services/user/src/storage/sqlite/migrations.ts';
import { measureMs } from './load.ts';

/** How many records a slice of the user service's subscription contains. */
const SLICE = 500;
const FILLED = getProfileTableName('v2');
const RAW = getProfileTableName('raw');

const COLUMNS = [
  'id',
  'sequence',
  'profile',
  'parked',
  'created_at',
  'role',
  'verified',
  'email',
  'username',
];
const UPSERT = `
  INSERT INTO ${RAW} (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`;

/**
 * Decodes every record in the log of a data folder, and writes the rows of the accounts. The rows are copied from
 * generation 2 of the read model (a copy of all profiles), which must have been filled before. Reading these rows is
 * not part of the measured time.
 */
export async function measureBareProjection(folder: string): Promise<{ readonly seconds: number }> {
  const database = openDatabase({ folder, as: 'server' });
  database.exec(createProfileTableSql(getProfileTableName('raw')));
  let ms = 0;
  for await (const slice of slices(database)) {
    const rows = rowsOf(database, slice);
    ms += await measureMs(async () => {
      for (const record of slice) decode(record);
      function upsertAll() {
        for (const row of rows) database.prepare(UPSERT).run(...row);
      }
      await database.write(upsertAll, { flushed: false });
    });
  }
  await database.close();
  return { seconds: ms / 1000 };
}

async function* slices(database: Database): AsyncGenerator<readonly BusRecord[]> {
  const reader = createEmbeddedLogReader(database);
  for (const range of await reader.ranges(ACCOUNTS_TOPIC)) {
    for await (const run of reader.read(ACCOUNTS_TOPIC, range)) {
      for (let from = 0; from < run.length; from += SLICE) yield run.slice(from, from + SLICE);
    }
  }
}

type Row = readonly (string | number | null)[];

/**
 * Returns the rows of the accounts that have records in this slice. The rows contain the state of the
 * accounts after the last event of the log. They are about as large as rows with the state after this
 * slice, and are available without a projection.
 */
function rowsOf(database: Database, slice: readonly BusRecord[]): readonly Row[] {
  const ids = [...new Set(slice.flatMap(({ key }) => subjectOfKey(key) ?? []))];
  const sql = `SELECT ${COLUMNS.join(', ')} FROM ${FILLED} WHERE id IN (SELECT value FROM json_each(?))`;
  return database
    .prepare(sql)
    .all(JSON.stringify(ids))
    .map((row) => COLUMNS.map((column) => row[column] as string | number | null));
}
