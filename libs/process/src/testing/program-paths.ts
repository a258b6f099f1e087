/** The main modules of the programs that tests start. */
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/** The workspaces of the programs that tests start. */
export const PROGRAMS = [
  'apps/ops',
  'apps/standalone',
  'services/auth',
  'services/notifier',
  'services/user',
] as const;

export type Program = (typeof PROGRAMS)[number];

/** Returns the name of a program's bundle, without the extension. */
export function bundleNameOf(program: Program): string {
  return program.replace('/', '-');
}

/**
 * Returns the main module of a program. In `npm test` and `npm run test:cluster` it is in the folder PROGRAM_BUNDLES,
 * where they have bundled all programs; otherwise it is the source.
 */
export function mainModuleOf(program: Program): string {
  const bundles = process.env['PROGRAM_BUNDLES'];
  if (bundles !== undefined) return join(bundles, `${bundleNameOf(program)}.js`);
  return join(ROOT, program, 'src/main.ts');
}
