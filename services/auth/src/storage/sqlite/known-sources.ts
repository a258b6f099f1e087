import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import { type KnownSignInSourceStore, MAX_KNOWN_SIGN_IN_SOURCES } from '../../ports/known-sources.ts';

const SQL = {
  find: 'SELECT sources FROM known_source WHERE user_id = :userId',
  save: `INSERT INTO known_source (user_id, sources) VALUES (:userId, :sources)
    ON CONFLICT DO UPDATE SET sources = excluded.sources`,
} as const;

/** Known sources in the embedded store, with one row per account. */
export function createSqliteKnownSources(database: Database): KnownSignInSourceStore {
  function find(userId: string): readonly string[] | undefined {
    const row = database.prepare(SQL.find).get({ userId });
    return row && JSON.parse(String(row['sources']));
  }

  function add(userId: string, sources: readonly string[]): readonly string[] | undefined {
    const before = find(userId);
    const added = sources.filter((source) => !before?.includes(source));
    const now = [...(before ?? []), ...added].slice(-MAX_KNOWN_SIGN_IN_SOURCES);
    database.prepare(SQL.save).run({ userId, sources: JSON.stringify(now) });
    return before && added;
  }

  return mapSqliteErrors<KnownSignInSourceStore>({
    async remember(userId, sources) {
      // Most sign-ins come from known devices and networks. Checking for these first avoids a write and its
      // flush to disk.
      const known = find(userId);
      if (known && sources.every((source) => known.includes(source))) return [];
      return await database.write(() => add(userId, sources));
    },
  });
}
