import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * Reads a text file. Returns undefined if the file does not exist.
 * @throws Error that names the file, if the file cannot be read
 */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}

/**
 * Creates a file that only its owner can read, atomically. Once the promise resolves, the text survives a
 * power failure. The folder must exist.
 * @returns false, and changes nothing, if the file already exists
 */
export async function createTextFile(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeThrough(draft, text);
    return await publish(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Replaces a file by one that only its owner can read, atomically. Once the promise resolves, the text
 * survives a power failure. The folder must exist.
 */
export async function replaceTextFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeThrough(draft, text);
    await rename(draft, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Gives a completely written temporary file its final name. Uses link(2), because unlike rename(2), it never
 * replaces an existing file.
 * @returns false if the file already exists
 */
async function publish(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}
