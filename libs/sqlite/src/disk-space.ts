import { statfsSync } from 'node:fs';

/**
 * The least free space in bytes. A disk with less free space counts as full, because SQLite's shared memory
 * alone takes 32 KiB.
 */
const LEAST_BYTES = 64 * 1024;

/**
 * Returns whether the file system of a folder has no space left for this user; false if this cannot be
 * determined.
 */
export function hasNoDiskSpace(folder: string): boolean {
  return readFreeDiskBytes(folder) < LEAST_BYTES;
}

/**
 * Returns how many bytes are free for this user on the file system of a folder; infinite if this cannot be
 * determined.
 */
export function readFreeDiskBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
