import { hasNoDiskSpace } from './disk-space.ts';

/**
 * Thrown if a data folder cannot be used, because another server uses the folder, or because the folder is
 * read-only, belongs to a different program, or is corrupt. The message gives the reason in one line.
 */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

const FULL = 13;

/** The messages for some of SQLite's primary result codes (https://sqlite.org/rescode.html). */
const reasons: Readonly<Record<number, string>> = {
  5: 'is busy: another process keeps its database locked',
  8: 'is not writable',
  10: 'cannot be read or written: the disk reports an error',
  11: 'holds a damaged database: restore it from a backup',
  14: 'is not writable',
  [FULL]: 'cannot be written: the disk is full',
  26: 'holds a latchkey.sqlite that is not a database',
};

/** The operating system's error codes for a folder that cannot be created or written to. */
const notWritable = new Set(['EACCES', 'EEXIST', 'ENOTDIR', 'EPERM', 'EROFS']);

/** Returns SQLite's primary result code; undefined if the error does not come from SQLite. */
export function getSqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Returns whether a write failed because the disk is full. */
export function isDiskFullError(error: unknown): boolean {
  return getSqliteResultCode(error) === FULL;
}

/** Returns whether another connection holds the requested lock. */
export function isDatabaseLockedError(error: unknown): boolean {
  return getSqliteResultCode(error) === 5;
}

/**
 * Runs `attempt`, and replaces its known failures with errors that explain them to operators.
 * @throws DataFolderError if the attempt fails for a known reason; any other error unchanged
 */
export function explainFolderErrors<T>(folder: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    const reason = hasNoDiskSpace(folder) ? reasons[FULL] : reasonOf(error);
    if (reason === undefined) throw error;
    throw new DataFolderError(`The data folder ${folder} ${reason}.`, { cause: error });
  }
}

function reasonOf(error: unknown): string | undefined {
  const code = getSqliteResultCode(error);
  if (code !== undefined) return reasons[code];
  const systemCode = error instanceof Error && 'code' in error ? error.code : undefined;
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') return reasons[FULL];
  if (typeof systemCode !== 'string' || !notWritable.has(systemCode)) return undefined;
  return 'is not a folder that can be written';
}
