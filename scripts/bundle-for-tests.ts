/** Bundles the programs that tests start as separate processes. */
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAM_WORKSPACES } from '@latchkey/process/testing/program-paths';
import { bundlePrograms } from './bundle-programs.ts';

/** The folder that contains a subfolder with bundles for each version of the sources. */
const PARENT = join(import.meta.dirname, '..', 'node_modules', '.cache', 'programs');

const DAY_MS = 24 * 3_600_000;

/**
 * Bundles all programs for tests. Test suites may run concurrently, so each version of the sources has its own folder,
 * whose files never change. Removes folders that were not used for a day.
 * @returns the folder with the bundles, which is the value for PROGRAM_BUNDLES
 */
export async function bundleForTests(): Promise<string> {
  await mkdir(PARENT, { recursive: true });
  for (const name of await readdir(PARENT)) {
    const { mtimeMs } = await stat(join(PARENT, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > DAY_MS) await rm(join(PARENT, name), { recursive: true, force: true });
  }
  const written = await mkdtemp(join(PARENT, 'new-'));
  const folder = join(PARENT, await bundlePrograms(PROGRAM_WORKSPACES, written));
  // The rename fails if a concurrent run has already created the folder. The bundles in that folder are identical, so
  // use them.
  await rename(written, folder).catch(() => rm(written, { recursive: true }));
  await utimes(folder, new Date(), new Date());
  return folder;
}
