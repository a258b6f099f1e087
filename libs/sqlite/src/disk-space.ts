import { statfsSync } from 'node:fs';

/** The minimum free space for a transaction: SQLite's shared memory alone takes 32 KiB. */
const LEAST_BYTES = 64 * 1024;

/** Returns whether the file system of a folder has no space left for this user. False if that cannot be determined. */
export function hasNoDiskSpace(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}
