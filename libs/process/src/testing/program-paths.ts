/** The main modules of the programs that tests start. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/** The workspace of a program. `scripts/program-bundles.js` lists the workspaces. */
export type ProgramWorkspace = `apps/${string}` | `services/${string}`;

/**
 * Returns the path of the main module of a program. If the environment variable PROGRAM_BUNDLES names a
 * folder with bundles, returns the path of the program's bundle in this folder. Test suites that bundle the
 * programs set this variable. Otherwise, returns the path of the program's source.
 * @throws Error if there is no such file, for example because the program is not bundled
 */
export function getMainModulePath(program: ProgramWorkspace): string {
  const bundles = process.env['PROGRAM_BUNDLES'];
  const path =
    bundles === undefined ? join(ROOT, program, 'src/main.ts') : join(bundles, `${basename(program)}.js`);
  if (!existsSync(path)) throw new Error(`${program} has no main module at ${path}`);
  return path;
}
