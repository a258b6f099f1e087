/** Copies the sources so that bugs can be planted in the copy. The sources themselves are never changed. */
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { SourcePatch } from './plants.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const COPIED = ['package.json', 'libs', 'services', 'apps', 'deploy', 'test', 'docs/events'];
const OURS = '@latchkey';

/**
 * Copies the sources and applies patches. The copy uses the installed packages of the original, except for our own.
 * @returns the folder of the copy
 */
export async function copySources(patches: readonly SourcePatch[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-plant-'));
  for (const path of COPIED) {
    await cp(join(ROOT, path), join(folder, path), {
      recursive: true,
      filter: (source) => basename(source) !== 'node_modules',
    });
  }
  await linkModules(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const patch of patches) await applyPatch(folder, patch);
  return folder;
}

export function removeSourceCopy(folder: string): Promise<void> {
  return rm(folder, { recursive: true });
}

async function linkModules(modules: string, copy: string): Promise<void> {
  await mkdir(join(copy, OURS), { recursive: true });
  for (const name of await readdir(modules)) {
    if (name !== OURS) await symlink(join(modules, name), join(copy, name));
  }
  // Our own packages are links with relative targets. Create the links in the copy with the same targets, so
  // that they point into the copy.
  for (const name of await readdir(join(modules, OURS))) {
    await symlink(await readlink(join(modules, OURS, name)), join(copy, OURS, name));
  }
}

async function applyPatch(folder: string, { file, search, replacement }: SourcePatch): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, patchSource(await readFile(path, 'utf8'), search, replacement));
}

/**
 * Replaces a string that must occur exactly once.
 * @throws Error if the string is missing or occurs several times, because the result would then not contain
 * the intended bug
 */
export function patchSource(source: string, search: string, replacement: string): string {
  const parts = source.split(search);
  if (parts.length !== 2) throw new Error(`the string occurs ${parts.length - 1} times: ${search}`);
  return parts.join(replacement);
}
