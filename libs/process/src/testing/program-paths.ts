/** The main modules of the programs that tests start. */
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/** A workspace whose program tests start. `scripts/program-bundles.js` bundles these programs. */
export type ProgramWorkspace =
  | 'apps/ops'
  | 'apps/standalone'
  | 'services/auth'
  | 'services/notifier'
  | 'services/user';

/**
 * Returns the main module of a program. If PROGRAM_BUNDLES is set, returns the program's bundle in the folder
 * that this setting names; test suites that bundle the programs set it. Otherwise, returns the source.
 */
export function getMainModulePath(program: ProgramWorkspace): string {
  const bundles = process.env['PROGRAM_BUNDLES'];
  if (bundles !== undefined) return join(bundles, `${basename(program)}.js`);
  return join(ROOT, program, 'src/main.ts');
}
