/** Makes sure that the database file was rewritten, so that its free pages contain no erased data (docs/erasure.md). */
import type { System } from '../../support/system.ts';
import { readDatabaseSnapshot } from './data-folder.ts';

export interface DatabaseRewriteDeps extends Pick<System, 'ops' | 'kill' | 'start'> {
  /** The path of the data folder (DATA_DIR). */
  readonly folder: string;
}

/**
 * Makes the standalone rewrite its database file. A restart is usually sufficient. If a kill has interrupted
 * an earlier rewrite, the standalone would try again only a day later. In that case, this function does what
 * an operator would do: it stops the standalone and runs `ops vacuum`.
 * @throws Error if the file may still contain erased data
 */
export async function finishDatabaseRewrite({
  folder,
  ops,
  kill,
  start,
}: DatabaseRewriteDeps): Promise<void> {
  await kill();
  await start();
  if (!mayContainErasedData(folder)) return;
  await kill();
  await ops('vacuum');
  await start();
  if (mayContainErasedData(folder)) throw new Error('ops vacuum has not rewritten the file');
}

/** Returns whether data was erased after the last rewrite of the database file. */
function mayContainErasedData(folder: string): boolean {
  return readDatabaseSnapshot(
    folder,
    (read) => read('SELECT 1 FROM file_rewrite WHERE erasures > covered').length > 0,
  );
}
