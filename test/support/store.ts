/** Returns the contents of a data folder as text that can be searched. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Returns every row of every table as text. The names of the tables are read from the database file, so that a new
 * table is included without a change here.
 */
export function dumpDatabaseAsText(folder: string): ReadonlyMap<string, readonly string[]> {
  const database = new DatabaseSync(join(folder, 'latchkey.sqlite'), { readOnly: true });
  try {
    const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    return new Map(
      names.map(({ name }) => {
        const statement = database.prepare(`SELECT * FROM "${name}"`);
        statement.setReadBigInts(true);
        return [String(name), statement.all().map((row) => Object.values(row).map(asText).join('\t'))];
      }),
    );
  } finally {
    database.close();
  }
}

function asText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}
