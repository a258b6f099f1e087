/**
 * A module to preload (`node --import`) into a standalone. When an erasure replaces a row of the log or of
 * the journal in place, this module first appends the old row to the file REPLACED_ROWS_FILE, so that the
 * checker knows the original content.
 *
 * A trigger appends the row, within the statement that replaces the row. A process that is killed at any time
 * has therefore either recorded the row or not replaced it. The triggers are temporary: they belong to the
 * connection, and are not stored in the data folder.
 */
import { appendFileSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

const file = process.env['REPLACED_ROWS_FILE'];
if (!file) throw new Error('REPLACED_ROWS_FILE must be a path');

/**
 * The tables whose replaced rows are recorded. A row counts as replaced if one of the given columns changes.
 */
const WATCHED = {
  bus_record: ['value', 'headers'],
  journal_commit: ['events'],
} as const;
type WatchedTable = keyof typeof WATCHED;
const TABLES = Object.keys(WATCHED) as readonly WatchedTable[];

/** Additional values to record for a row of a table: names and SQL expressions in turn. */
const ADDED: Readonly<Partial<Record<WatchedTable, readonly string[]>>> = {
  bus_record: ["'name', (SELECT name FROM bus_topic WHERE id = OLD.topic)"],
};

const ready = new WeakSet<DatabaseSync>();
const { prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.prepare = function prepareWatched(this: DatabaseSync, ...words) {
  // Create no triggers within a transaction, because a rollback would remove them.
  if (!ready.has(this) && !this.isTransaction && hasTables(this)) watch(this);
  return prepare.apply(this, words);
};

function hasTables(connection: DatabaseSync): boolean {
  const sql = `SELECT count(*) AS many FROM main.sqlite_schema WHERE type = 'table' AND name IN (${TABLES.map(() => '?')})`;
  return prepare.call(connection, sql).get(...TABLES)?.['many'] === TABLES.length;
}

function watch(connection: DatabaseSync): void {
  ready.add(connection);
  connection.function('record_replaced', { varargs: true }, (table, ...columns) => {
    // Begin a new line, because an earlier process may have been killed while it wrote the last line.
    appendFileSync(file ?? '', `\n${JSON.stringify({ table, row: rowOf(columns) })}\n`);
    return null;
  });
  for (const table of TABLES) connection.exec(triggerOn(connection, table));
}

function triggerOn(connection: DatabaseSync, table: WatchedTable): string {
  const names = prepare
    .call(connection, 'SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => String(name));
  const columns = [...names.map((name) => `'${name}', OLD."${name}"`), ...(ADDED[table] ?? [])];
  const isChanged = WATCHED[table].map((name) => `OLD.${name} IS NOT NEW.${name}`).join(' OR ');
  return `
    CREATE TEMP TRIGGER record_replaced_${table} BEFORE UPDATE OF ${WATCHED[table]} ON main.${table}
    WHEN ${isChanged} BEGIN SELECT record_replaced('${table}', ${columns}); END`;
}

/** Returns a row from its alternating names and values. Bytes become an object with their base64 form. */
function rowOf(columns: readonly SQLInputValue[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    columns.flatMap((name, index) => (index % 2 === 0 ? [[String(name), jsonOf(columns[index + 1])]] : [])),
  );
}

function jsonOf(value: SQLInputValue | undefined): unknown {
  return ArrayBuffer.isView(value)
    ? { base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
    : value;
}
