import { statfsSync } from 'node:fs';

/** A transaction needs more than this: SQLite's shared memory alone takes 32 KiB. */
const LEAST_BYTES = 64 * 1024;

/** Returns whether the file system of a folder has no space left for us. False if that cannot be determined. */
export function hasNoSpace(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}
