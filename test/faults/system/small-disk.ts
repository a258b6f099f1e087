/** A file system for one data folder that a test can fill: a tmpfs whose size can be changed while it is in use. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

export interface SmallDisk {
  /**
   * Fills the disk. Empties the write-ahead log first, because SQLite could otherwise keep writing for
   * seconds into the space that the log already occupies.
   */
  fill(): Promise<void>;
  /** Gives the disk free space again. Idempotent. */
  free(): Promise<void>;
}

/** The size of the disk, which is much more than a run stores. A tmpfs only needs memory for its content. */
const SIZE = '4g';
const TRIES = 20;
const run = promisify(execFile);

/**
 * Returns whether this process may mount file systems. Mounting needs the rights of root, also in a
 * container.
 */
export function canMountDisks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-disk-'));
  try {
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder]);
    if (status === 0) spawnSync('umount', [folder]);
    return status === 0;
  } finally {
    rmdirSync(folder);
  }
}

/**
 * Mounts a new file system on an empty folder.
 * @param stack unmounts the file system when the stack is disposed, even if files are still open
 */
export async function mountSmallDisk(folder: string, stack: AsyncDisposableStack): Promise<SmallDisk> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder]);
  stack.defer(async () => void (await run('umount', ['--lazy', folder])));

  async function setSize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, folder]);
  }

  /**
   * Sets the size of the disk to the space in use. Retries, because the change fails if the used space has
   * grown since it was read.
   */
  async function shrink(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const { blocks, bfree, bsize } = await statfs(folder);
      try {
        return await setSize(String((blocks - bfree) * bsize));
      } catch (error) {
        if (tries === TRIES) throw error;
      }
    }
  }

  return {
    fill: async () => {
      emptyLog(folder);
      await shrink();
    },
    free: () => setSize(SIZE),
  };
}

function emptyLog(folder: string): void {
  const database = new DatabaseSync(join(folder, 'latchkey.sqlite'), { timeout: 1000 });
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}
