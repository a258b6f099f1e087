/**
 * Keeps the positions of a subscription in a file, so that they are still there after the process was killed.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { memoryStore, type SequenceStore } from '@latchkey/events/subscribe';

/** The name of the file with the positions, in the folder of a subscriber. */
export const POSITIONS_FILE = 'positions.jsonl';

/** A change to the stored positions. The file contains one change per line. */
type StoredChange =
  | { readonly saved: Parameters<SequenceStore['save']>[0] }
  | { readonly replaced: Parameters<SequenceStore['replaceMark']> };

/**
 * Opens a store that keeps a subscription's positions in a file. When the promise of a change resolves, the
 * change is in the file, but not necessarily on the disk, so a power failure may lose it.
 * @param path a file, which is created if it does not exist
 */
export async function openPositionStoreInFile(path: string): Promise<SequenceStore> {
  const memory = memoryStore();
  async function apply(change: StoredChange): Promise<void> {
    if ('saved' in change) await memory.save(change.saved);
    else await memory.replaceMark(...change.replaced);
  }
  async function record(change: StoredChange): Promise<void> {
    // Begin with a line break, which ends a line that a killed process may have left incomplete.
    appendFileSync(path, `\n${JSON.stringify(change)}\n`);
    await apply(change);
  }
  for (const change of readChanges(path)) await apply(change);
  return {
    load: memory.load,
    listParked: memory.listParked,
    save: (saved) => record({ saved }),
    replaceMark: (...replaced) => record({ replaced }),
  };
}

/**
 * Reads the changes from the file, oldest first. Ignores incomplete lines: the process was killed before it
 * could confirm these changes.
 */
function readChanges(path: string): readonly StoredChange[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line): readonly StoredChange[] => {
      try {
        return line === '' ? [] : [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}
