/**
 * `npm run bundle -- FOLDER WORKSPACE…` bundles the programs of the named workspaces into a folder. Example: `npm run
 * bundle -- programs apps/ops`.
 */
import { resolve } from 'node:path';
import { bundlePrograms } from './bundle-programs.ts';

const [folder, ...programs] = process.argv.slice(2);
if (folder === undefined || programs.length === 0) {
  console.error('usage: npm run bundle -- FOLDER WORKSPACE…');
  process.exit(1);
}
try {
  await bundlePrograms(programs, resolve(folder));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
