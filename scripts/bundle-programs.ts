/** Bundles our programs. A program has up to 1,000 modules, and loads in half the time if they are bundled. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');

/**
 * Matches the packages that are not bundled. Our code replaces functions in kafkajs's files, looks up files of zxcvbn,
 * and loads MongoDB's driver in the same way as mongoose does. pino starts a thread from its own file, and argon2 is
 * native. The bundler would give two variables of OpenTelemetry the same name.
 */
const EXTERNAL = /^(kafkajs|mongoose|mongodb|bson|pino|pino-pretty|@zxcvbn-ts|@node-rs|@opentelemetry)(\/|$)/;

/**
 * Writes one bundle per program, for example `ops.js` for `apps/ops`. The bundles share chunks.
 * @param programs the workspaces of the programs
 * @param folder must be in the repository, because the bundles load files and packages from there
 * @returns a hash of the bundles
 * @throws Error if the folder is not empty, or a module cannot be resolved
 */
export async function bundlePrograms(programs: readonly string[], folder: string): Promise<string> {
  const existing = await readdir(folder).catch(() => []);
  if (existing.length > 0) throw new Error(`${folder} is not empty: remove it, or name another folder`);
  const bundle = await rolldown({
    input: Object.fromEntries(programs.map((program) => [basename(program), `${program}/src/main.ts`])),
    cwd: ROOT,
    platform: 'node',
    external: EXTERNAL,
    plugins: [keepPaths(folder)],
    onLog(level, { code, message }) {
      // The warning about eval is ignored: some packages call eval, and it also works in a bundle.
      if (level === 'warn' && code !== 'EVAL') throw new Error(`cannot bundle: ${message}`);
    },
  });
  const { output } = await bundle.write({ dir: folder, entryFileNames: '[name].js' });
  await bundle.close();
  const hash = createHash('sha256');
  for (const file of output)
    hash.update(`${file.fileName}\n`).update(file.type === 'chunk' ? file.code : file.source);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Returns a plugin that lets our modules find the files of their own folders.
 * @throws Error for other uses of import.meta, which would refer to the bundle
 */
function keepPaths(folder: string): Plugin {
  return {
    name: 'keep-paths',
    transform: {
      filter: { id: { include: /\.ts$/, exclude: /node_modules/ }, code: 'import.meta' },
      handler: (code, id) => {
        // `import.meta.resolve` is left unchanged, because packages can be resolved from the bundle as well.
        const other = /import\.meta\b(?!\.(dirname|url|resolve)\b)/.exec(code);
        if (other !== null)
          throw new Error(`${id}: cannot bundle ${code.slice(other.index, other.index + 30)}`);
        const path = relative(folder, id);
        return code
          .replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/${dirname(path)}`)})`)
          .replaceAll('import.meta.url', `new URL(${JSON.stringify(path)}, import.meta.url).href`);
      },
    },
  };
}
