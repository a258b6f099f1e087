/**
 * Looks up passwords in a file of passwords known from data breaches. After a header, the file contains the
 * first 8 bytes of each password's SHA-1 hash, sorted. A look-up is a binary search that reads about 30
 * entries and keeps nothing in memory. With a billion entries, the probability of a false positive is one in
 * twenty billion. A Bloom filter would have to be in memory, and would have more false positives.
 */
import { hash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const HEADER = Buffer.from('latchkey sha1/8\n');
const ENTRY_BYTES = 8;

/**
 * Thrown if the file of breached passwords cannot be read or has another format. The error message says what
 * is wrong.
 */
export class BreachedPasswordsFileError extends Error {}

/**
 * Opens a file that `ops passwords import` has written.
 * @returns a function that tells whether a password is in the file
 * @throws BreachedPasswordsFileError
 */
export function openBreachedPasswordsFile(path: string): (password: string) => boolean {
  const file = openFile(path);
  const count = (fstatSync(file).size - HEADER.length) / ENTRY_BYTES;
  if (!isHeader(file) || !Number.isInteger(count)) {
    closeSync(file);
    throw new BreachedPasswordsFileError('must be a file that `ops passwords import` has made');
  }
  const entry = Buffer.alloc(ENTRY_BYTES);

  /**
   * Compares the entry at `index` with the bytes that are looked up. Returns a negative number if the entry
   * sorts before these bytes, 0 if they are equal.
   */
  function compare(index: number, sought: Buffer): number {
    readSync(file, entry, 0, ENTRY_BYTES, HEADER.length + index * ENTRY_BYTES);
    return entry.compare(sought);
  }

  return (password) => {
    const sought = hash('sha1', password, 'buffer').subarray(0, ENTRY_BYTES);
    let [from, to] = [0, count];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const order = compare(middle, sought);
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new BreachedPasswordsFileError(`the file cannot be read (${code})`);
  }
}

function isHeader(file: number): boolean {
  const header = Buffer.alloc(HEADER.length);
  readSync(file, header, 0, HEADER.length, 0);
  return header.equals(HEADER);
}

const LINE = /^([\dA-F]{40})(?::(\d+))?\s*$/i;
const CHUNK_BYTES = 64 * 1024 * ENTRY_BYTES;

/**
 * Converts a text file of SHA-1 hashes into a file for `openBreachedPasswordsFile`. The text file has one
 * hexadecimal hash per line, sorted, optionally followed by `:` and how often the password was seen.
 * @param options.least leaves out passwords that were seen less often than this number
 * @returns the number of hashes written
 * @throws Error with a one-line message naming the line that is malformed or out of order; the target is then
 * unchanged
 */
export async function importBreachedPasswords(
  source: string,
  target: string,
  { least = 1 }: { readonly least?: number } = {},
): Promise<number> {
  const unfinished = `${target}.unfinished`;
  try {
    const written = await convert(source, unfinished, least);
    await rename(unfinished, target);
    return written;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function convert(source: string, target: string, least: number): Promise<number> {
  await using file = await open(target, 'w', 0o644);
  await file.write(HEADER);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let [line, filled, written] = [0, 0, 0];
  let last = '';
  for await (const text of createInterface({ input: createReadStream(source) })) {
    line += 1;
    const [, sha1 = '', count = '1'] = LINE.exec(text) ?? [];
    if (sha1 === '')
      throw new Error(`${source}, line ${line}: must be a SHA-1 hash in hexadecimal, as HASH:COUNT`);
    const prefix = sha1.slice(0, 2 * ENTRY_BYTES).toUpperCase();
    if (prefix < last)
      throw new Error(`${source}, line ${line}: the list must be sorted; run \`sort\` on it first`);
    const isRepeated = prefix === last;
    last = prefix;
    if (isRepeated || Number(count) < least) continue;
    filled += chunk.write(prefix, filled, 'hex');
    written += 1;
    if (filled < CHUNK_BYTES) continue;
    await file.write(chunk);
    filled = 0;
  }
  await file.write(chunk, 0, filled);
  await file.sync();
  return written;
}
