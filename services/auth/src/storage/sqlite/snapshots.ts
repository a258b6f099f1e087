import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import type { Snapshot, SnapshotStore } from '../../ports/snapshots.ts';

const SQL = {
  find: 'SELECT * FROM journal_snapshot WHERE stream = :stream',
  save: `INSERT INTO journal_snapshot (stream, number, sequence, state_version, state)
    VALUES (:stream, :number, :sequence, :stateVersion, :state)
    ON CONFLICT DO UPDATE SET number = excluded.number, sequence = excluded.sequence,
      state_version = excluded.state_version, state = excluded.state
    WHERE excluded.number >= number`,
} as const;

/** Snapshots in the embedded store, one per stream. */
export function createSqliteSnapshots(database: Database): SnapshotStore {
  return mapSqliteErrors<SnapshotStore>({
    async find(stream) {
      const row = database.prepare(SQL.find).get({ stream });
      return row && snapshotOf(row);
    },
    save: ({ state, ...snapshot }) =>
      database.write(
        () => void database.prepare(SQL.save).run({ ...snapshot, state: JSON.stringify(state) }),
      ),
  });
}

/**
 * Converts a row to its snapshot. Returns undefined if the snapshot is damaged, because a snapshot can always
 * be computed again.
 */
function snapshotOf(row: SqliteRow): Snapshot | undefined {
  try {
    return {
      stream: String(row['stream']),
      number: Number(row['number']),
      sequence: Number(row['sequence']),
      stateVersion: Number(row['state_version']),
      state: JSON.parse(String(row['state'])),
    };
  } catch {
    return undefined;
  }
}
