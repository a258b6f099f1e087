/**
 * Bundles our programs. A program consists of up to 1,000 modules, and starts in half the time if its modules are
 * bundled.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { basename, dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');

/**
 * Matches the packages that are not bundled. Our code replaces functions in the files of kafkajs, finds the
 * files of zxcvbn by their paths, and must load the same copy of MongoDB's driver as mongoose. pino starts a
 * thread from one of its files. argon2 is native code. In OpenTelemetry, the bundler would give two variables
 * the same name.
 */
const EXTERNAL = /^(kafkajs|mongoose|mongodb|bson|pino|pino-pretty|@zxcvbn-ts|@node-rs|@opentelemetry)(\/|$)/;

/**
 * Writes one bundle per program, for example `ops.js` for `apps/ops`. The bundles share chunks of code.
 * @param programs the workspaces of the programs
 * @param folder where to write the bundles; must be in the repository, because the bundles load files and
 * packages by relative paths
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
    plugins: [keepPaths(folder), httpWithoutFetch],
    onLog(level, { code, message }) {
      // Ignore warnings about eval: some packages call eval, which also works in a bundle.
      if (level === 'warn' && code !== 'EVAL') throw new Error(`cannot bundle: ${message}`);
    },
  });
  const { output } = await bundle.generate({
    entryFileNames: '[name].js',
    comments: { jsdoc: false, annotation: false },
  });
  await bundle.close();
  await mkdir(folder, { recursive: true });
  // Mark the bundles as ES modules. Without this package.json, Node would first parse each file as CommonJS, and then
  // again as an ES module.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}\n', { flush: true });
  const hash = createHash('sha256');
  for (const file of output) {
    const content = file.type === 'chunk' ? escapeNonAscii(file.code) : file.source;
    await writeFile(join(folder, file.fileName), content, { flush: true });
    hash.update(`${file.fileName}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Creates a plugin that replaces `import.meta.dirname` and `import.meta.url` in bundled modules, so that the
 * modules still find the files in their source folders.
 * @throws Error if a module uses another property of `import.meta` that would refer to the bundle
 */
function keepPaths(folder: string): Plugin {
  return {
    name: 'keep-paths',
    transform: {
      filter: { id: { include: /\.ts$/, exclude: /node_modules/ }, code: 'import.meta' },
      handler: (code, id) => {
        // Leave `import.meta.resolve` unchanged: packages can also be resolved from the folder of the bundle.
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

/** The exports of node:http that make Node load `fetch` when their values are read. */
const LOADED_WITH_FETCH = ['CloseEvent', 'MessageEvent', 'WebSocket'];

/**
 * A plugin that makes modules import a copy of node:http without the exports in LOADED_WITH_FETCH. If a
 * module imports node:http itself, Node reads every export and therefore loads `fetch`, which takes a twelfth
 * of the CPU time that a program needs to start.
 */
const httpWithoutFetch: Plugin = {
  name: 'http-without-fetch',
  resolveId: {
    filter: { id: /^(node:)?http$/ },
    handler: (_id, _importer, { kind }) => (kind === 'import-statement' ? '\0http' : undefined),
  },
  load: {
    filter: { id: /^\0http$/ },
    handler: () => {
      const names = Object.keys(http).filter((name) => !LOADED_WITH_FETCH.includes(name));
      return `const http = process.getBuiltinModule('node:http');
        export default http;
        export const { ${names.join(', ')} } = http;`;
    },
  },
};

/**
 * Escapes all characters outside of ASCII, to save memory: V8 keeps the source of each module in memory, and
 * if any character is outside of Latin-1, the source takes two bytes per character.
 * @throws Error if an escape would have another meaning than its character
 */
export function escapeNonAscii(code: string): string {
  const other = /(?:\\|String\.raw`[^`]*)\P{ASCII}/u.exec(code);
  if (other !== null) throw new Error(`cannot escape ${other[0].slice(-30)}`);
  return code.replace(/\P{ASCII}+/gu, (text) =>
    text
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
