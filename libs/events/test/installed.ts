/** A project of another team in which only the packed package is installed. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { writePackage } from '../scripts/package.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');

/**
 * The packages that npm would install in addition: dependencies, the peer dependency, and the usual packages of a
 * TypeScript project on Node.
 */
const FETCHED = ['zod', 'kafkajs', '@types/node', 'undici-types'];

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
  },
};

export async function installPackage() {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-installed-'));
  const modules = join(folder, 'node_modules');
  const installed = join(modules, '@latchkey/events');
  await writePackage(join(folder, 'build'));
  await run('npm', ['pack', './build', '--ignore-scripts', '--offline'], { cwd: folder });
  await mkdir(installed, { recursive: true });
  await mkdir(join(modules, '@types'));
  const { version } = JSON.parse(await readFile(join(folder, 'build/package.json'), 'utf8'));
  const tarball = `latchkey-events-${version}.tgz`;
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], { cwd: folder });
  await rm(join(folder, 'build'), { recursive: true });
  for (const name of FETCHED) await symlink(join(root, 'node_modules', name), join(modules, name));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));

  return {
    /** The folder of the unpacked package. */
    installed,
    write: (name: string, text: string) => writeFile(join(folder, name), text),
    /** Returns the messages of the compiler; empty if there are none. */
    async typeCheck(): Promise<string> {
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      return run(process.execPath, [compiler, '-p', folder]).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
    },
    /**
     * Runs a file of the project on plain Node.
     * @returns its output
     */
    node: async (name: string): Promise<string> =>
      (await run(process.execPath, [name], { cwd: folder })).stdout,
    folder,
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Returns the TypeScript examples of a document. */
export async function examplesOf(document: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
}
