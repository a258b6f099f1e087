/** Creates a folder for temporary files of tests on the file system in memory. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The file system in memory that Linux mounts at this path. */
const MOUNT = '/dev/shm';

/**
 * The least free space in bytes that the file system in memory must have. The tests use less than 1 GB at the
 * same time. Linux limits this file system to half of the memory, so a machine with less than 8 GB, or a
 * container with the default limit of Docker, keeps its temporary files on disk.
 */
const LEAST_FREE = 4 * 2 ** 30;

/**
 * Creates an empty folder in memory. Tests create hundreds of databases, and a database on disk waits for the disk at
 * each commit, which takes CPU time too.
 * @param mount the path of the file system
 * @param leastFree how many bytes must be free
 * @returns the path of the folder; undefined if there is no such file system, or if it has too little space or may not
 * contain programs
 */
export async function createMemoryFolder(
  mount: string = MOUNT,
  leastFree: number = LEAST_FREE,
): Promise<string | undefined> {
  const free = await statfs(mount).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  if (free < leastFree) return undefined;
  const folder = await mkdtemp(join(mount, 'latchkey-tests-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  if (!(await mayContainPrograms(folder))) {
    await rm(folder, { recursive: true });
    return undefined;
  }
  // Other users may enter the folder, as they may enter /tmp, because some tests act as another user.
  await chmod(folder, 0o711);
  return folder;
}

/** Returns whether programs in a folder may run. Containers often mount the file system in memory without this right. */
async function mayContainPrograms(folder: string): Promise<boolean> {
  const program = join(folder, randomUUID());
  await writeFile(program, '', { mode: 0o700 });
  const may = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
  await rm(program);
  return may;
}
