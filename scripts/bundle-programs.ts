/**
 * Bundles the programs that the test suites start. A program has up to 1,000 modules, and loading them from one bundle
 * takes half as long.
 */
import { dirname, join, relative } from 'node:path';
import { bundleNameOf, PROGRAMS } from '@latchkey/process/testing/program-paths';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');

/**
 * Matches packages that are not bundled. Our code replaces functions in files of kafkajs, finds files of zxcvbn, and
 * loads MongoDB's driver as mongoose does. pino starts a thread from a file of its own, and argon2 is native. The
 * bundler gives two variables of OpenTelemetry the same name.
 */
const EXTERNAL = /^(kafkajs|mongoose|mongodb|bson|pino|pino-pretty|@zxcvbn-ts|@node-rs|@opentelemetry)(\/|$)/;

/** Writes the bundle of each program into a folder, which must be in the root of the repository. */
export async function bundlePrograms(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(PROGRAMS.map((program) => [bundleNameOf(program), `${program}/src/main.ts`])),
    cwd: ROOT,
    platform: 'node',
    external: EXTERNAL,
    plugins: [keepOwnPaths(folder)],
    onLog(level, { code, message }) {
      // Packages use eval, which works in a bundle as well.
      if (level === 'warn' && code !== 'EVAL') throw new Error(`cannot bundle the programs: ${message}`);
    },
  });
  await bundle.write({ dir: folder, entryFileNames: '[name].js', cleanDir: true });
  await bundle.close();
}

/** Returns a plugin that lets modules find the files in their own folders, as they do without a bundle. */
function keepOwnPaths(folder: string): Plugin {
  return {
    name: 'keep-own-paths',
    transform: {
      filter: { id: { exclude: /node_modules/ }, code: 'import.meta' },
      handler: (code, id) => {
        const path = relative(folder, id);
        return code
          .replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/${dirname(path)}`)})`)
          .replaceAll('import.meta.url', `new URL(${JSON.stringify(path)}, import.meta.url).href`);
      },
    },
  };
}
