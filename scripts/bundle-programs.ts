/** Bundles programs. A program has up to 1,000 modules, and loading them from one bundle takes half the time. */
import { basename, dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');

/**
 * Matches packages that are not bundled. Our code replaces functions in files of kafkajs, finds files of zxcvbn, and
 * loads MongoDB's driver as mongoose does. pino starts a thread from a file of its own, and argon2 is native. The
 * bundler gives two variables of OpenTelemetry the same name.
 */
const EXTERNAL = /^(kafkajs|mongoose|mongodb|bson|pino|pino-pretty|@zxcvbn-ts|@node-rs|@opentelemetry)(\/|$)/;

/**
 * Writes a bundle for each program: `apps/ops` becomes `ops.js`. They share chunks.
 * @param programs their workspaces
 * @param folder is emptied first. It must be in the repository, because the bundles load files and packages from there
 * @throws Error if a module cannot be resolved
 */
export async function bundlePrograms(programs: readonly string[], folder: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(programs.map((program) => [basename(program), `${program}/src/main.ts`])),
    cwd: ROOT,
    platform: 'node',
    external: EXTERNAL,
    plugins: [keepPaths(folder)],
    onLog(level, { code, message }) {
      // Some packages call eval, which works in a bundle as well.
      if (level === 'warn' && code !== 'EVAL') throw new Error(`cannot bundle: ${message}`);
    },
  });
  await bundle.write({ dir: folder, entryFileNames: '[name].js', cleanDir: true });
  await bundle.close();
}

/** Returns a plugin that lets our modules find the files of their own folders. */
function keepPaths(folder: string): Plugin {
  return {
    name: 'keep-paths',
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
