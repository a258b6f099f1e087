/** Reads the stores that an earlier run has saved, so that the run can be checked again without servers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreContents } from './stored.ts';

/** The fields that are dates in MongoDB, but strings in the saved JSON. */
const DATES: ReadonlySet<string> = new Set(['endedAt', 'dueAt', 'sendUntil', 'until']);

/** Reads the saved stores of a run. Returns their contents, and the time at which they were saved. */
export async function readSavedStores(
  folder: string,
): Promise<{ readonly stores: StoreContents; readonly at: Date }> {
  const text = await readFile(join(folder, 'stores.json'), 'utf8');
  const { at, ...stores }: StoreContents & { readonly at: string } = JSON.parse(
    text,
    function revive(name, value) {
      const isDate = DATES.has(name) || (name === 'at' && 'ms' in this);
      return isDate && typeof value === 'string' ? new Date(value) : value;
    },
  );
  return { stores, at: new Date(at) };
}
