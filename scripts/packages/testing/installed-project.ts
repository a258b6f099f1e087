/**
 * Simulates a project of another team: an empty folder outside of this repository, in which built packages are
 * installed.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { writePackage } from '../write-package.ts';
import { typeCheckProject } from './type-check.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');

export interface ProjectOptions {
  /** The workspaces to build and install in the project, such as `libs/guard`. */
  readonly workspaces: readonly string[];
  /** Packages from a registry that the simulated project depends on directly, such as a peer dependency. */
  readonly installed?: readonly string[];
  /**
   * Packages that only the tests of the project need, such as an HTTP framework. The project gets links to
   * these packages and to all of their dependencies.
   */
  readonly linked?: readonly string[];
  /** Options of the TypeScript compiler for the project. Default: the options of a project on Node. */
  readonly compilerOptions?: object;
}

const STRICT = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  types: ['node'],
};

/**
 * Builds workspaces, and installs the packages in a new project with npm, without a network.
 * @throws Error if a package does not build, or npm cannot install it, for example because a dependency is missing
 */
export async function createInstalledProject(options: ProjectOptions) {
  const { workspaces, installed = [], linked = [], compilerOptions = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-installed-'));
  const built = await Promise.all(workspaces.map(build));
  const wanted = [...built.flatMap(({ dependencies }) => dependencies), ...installed];
  // With --install-links, npm packs these folders, and installs the files that it would publish.
  const local = built.map(({ name, folder: source }): Dependency => [name, `file:${source}`]);
  const fetched = (await withDependencies(wanted)).filter((name) => !built.some((own) => own.name === name));
  // Install the project's packages from this repository's node_modules, so that npm needs no registry.
  const dependencies = [...local, ...fetched.map((name): Dependency => [name, `file:${moduleFolder(name)}`])];
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: Object.fromEntries(dependencies) }),
  );
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions } }),
  );
  const flags = ['--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, '--cache', join(folder, 'cache')], { cwd: folder });
  for (const name of ['@types/node', 'undici-types', ...linked]) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(moduleFolder(name), link);
  }

  return {
    folder,
    /**
     * Returns the paths of the code files (`.js` and `.ts`) in an installed package, relative to the folder of the
     * package.
     */
    codeOf: (name: string) => codeIn(join(folder, 'node_modules', name)),
    /** Returns the `package.json` of an installed package. */
    manifestOf: (name: string) => readManifest(join(folder, 'node_modules', name)),
    /**
     * Returns the names of the packages and built-in modules, such as `node:url`, that an installed package imports.
     */
    importsOf: (name: string) => importsIn(join(folder, 'node_modules', name)),
    write: (name: string, text: string) => writeFile(join(folder, name), text),
    /**
     * Writes the examples of a document as files of the project, so that `typeCheck` compiles them.
     * @throws Error if there are no examples
     */
    async writeExamples(document: string, examples: readonly string[]): Promise<void> {
      if (examples.length === 0) throw new Error(`${document} has no examples`);
      const name = document.replaceAll(/\W/g, '-');
      for (const [index, code] of examples.entries())
        await writeFile(join(folder, `${name}-${index}.ts`), `${code}\nexport {};\n`);
    },
    /** Returns the errors that the compiler reports about the project; an empty string if there are none. */
    typeCheck: () => typeCheckProject(folder),
    /**
     * Runs a file of the project with Node, without further options.
     * @returns the output of the program
     * @throws Error if the program fails
     */
    async node(name: string): Promise<string> {
      // Remove NODE_TEST_CONTEXT from the environment, because a test file that runs with this variable
      // prints no report.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      return (await run(process.execPath, [name], { cwd: folder, env })).stdout;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

type Dependency = readonly [name: string, source: string];

interface BuiltPackage {
  readonly name: string;
  /** The folder of the built package. */
  readonly folder: string;
  /** The names of the packages on which the built package depends. */
  readonly dependencies: readonly string[];
}

/** The packages that this process has built or is building, by workspace. */
const packages = new Map<string, Promise<BuiltPackage>>();

/** The folder of the built packages, which is removed when this process exits. */
const packagesFolder = mkdtempSync(join(tmpdir(), 'latchkey-packages-'));
process.once('exit', () => rmSync(packagesFolder, { recursive: true }));

/** Builds a workspace, unless this process has done so earlier. Returns the built package. */
function build(workspace: string): Promise<BuiltPackage> {
  const built = packages.get(workspace) ?? buildPackage(workspace);
  packages.set(workspace, built);
  return built;
}

async function buildPackage(workspace: string): Promise<BuiltPackage> {
  const folder = join(packagesFolder, workspace);
  await writePackage(join(root, workspace), folder);
  const { name, dependencies = {} } = await readManifest(folder);
  return { name, folder, dependencies: Object.keys(dependencies) };
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

async function codeIn(folder: string): Promise<readonly string[]> {
  return (await Array.fromAsync(glob('**/*.{js,ts}', { cwd: folder }))).toSorted();
}

async function importsIn(folder: string): Promise<readonly string[]> {
  const files = await codeIn(folder);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const modules = texts.flatMap((text) =>
    [...text.matchAll(/(?:from |import |import\()['"]([^'"]+)['"]/g)].map(([, module = '']) => module),
  );
  const names = modules.filter((module) => !module.startsWith('.')).map(packageOf);
  return [...new Set(names)].toSorted();
}

/** Returns the package of a module: `@latchkey/events/subscribe` → `@latchkey/events`. */
function packageOf(module: string): string {
  return /^(node:.*|@[^/]+\/[^/]+|[^/]+)/.exec(module)?.[0] ?? module;
}

function moduleFolder(name: string): string {
  return join(root, 'node_modules', name);
}

/** Returns the given packages together with all of their dependencies, at any depth. */
async function withDependencies(names: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  async function add(name: string): Promise<void> {
    if (found.has(name)) return;
    found.add(name);
    const { dependencies = {} } = await readManifest(moduleFolder(name));
    for (const each of Object.keys(dependencies)) await add(each);
  }
  for (const name of names) await add(name);
  return [...found];
}
