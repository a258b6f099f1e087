/** The main modules of the programs that tests start. */
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/** The workspaces of the programs that tests start. */
export const PROGRAM_WORKSPACES = [
  'apps/ops',
  'apps/standalone',
  'services/auth',
  'services/notifier',
  'services/user',
] as const;

/**
 * Returns the main module of a program. If PROGRAM_BUNDLES is set, this is the program's bundle in that
 * folder; test suites that bundle the programs first set it. Otherwise it is the source.
 */
export function mainModulePathOf(program: (typeof PROGRAM_WORKSPACES)[number]): string {
  const bundles = process.env['PROGRAM_BUNDLES'];
  if (bundles !== undefined) return join(bundles, `${basename(program)}.js`);
  return join(ROOT, program, 'src/main.ts');
}
