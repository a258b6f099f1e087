/** Restores a backup of a data folder, as docs/backups.md describes. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { System } from '../../support/system.ts';

const DATABASE = 'latchkey.sqlite';

export interface RestoreBackupDeps extends Pick<System, 'ops' | 'kill' | 'start'> {
  /** The path of the data folder (DATA_DIR). */
  readonly folder: string;
}

/**
 * Makes a backup, runs `meanwhile`, stops the standalone, replaces the database by the backup, and starts the
 * standalone.
 */
export async function restoreBackup(
  { folder, ops, kill, start }: RestoreBackupDeps,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'latchkey-backup-'));
  try {
    const backup = join(parent, 'backup');
    await ops('backup', backup);
    await meanwhile();
    await kill();
    for (const suffix of ['', '-wal', '-shm']) await rm(join(folder, DATABASE + suffix), { force: true });
    await cp(join(backup, DATABASE), join(folder, DATABASE));
    await start();
  } finally {
    await rm(parent, { recursive: true });
  }
}
