/**
 * Builds a workspace as a package for publication, which contains the entry points as JavaScript with type
 * declarations. tsdown bundles the devDependencies that the entry points import, such as `@latchkey/tokens`,
 * which is not published. Dependencies and peerDependencies are not bundled.
 */
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'tsdown';

const root = resolve(import.meta.dirname, '../..');

interface Manifest {
  /**
   * The exports of the package: its entry points as TypeScript files, and its folders of data, such as
   * `"./samples/*": "./samples/*"`.
   */
  readonly exports: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/**
 * Writes the package of a workspace into a folder, which is emptied first.
 * @param workspace the folder of the workspace, which contains `package.json`
 * @throws Error if the package does not compile, or publint reports errors
 */
export async function writePackage(workspace: string, folder: string): Promise<void> {
  const manifest: Manifest = JSON.parse(await readFile(join(workspace, 'package.json'), 'utf8'));
  const names = Object.keys(manifest.exports);
  const code = names.filter((name) => !isData(name));
  await build({
    cwd: workspace,
    config: false,
    entry: Object.fromEntries(code.map((name) => [entryName(name), manifest.exports[name] ?? ''])),
    outDir: folder,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    fixedExtension: false,
    dts: { eager: true },
    tsconfig: join(import.meta.dirname, 'tsconfig.json'),
    inputOptions: { checks: { pluginTimings: false } },
    logLevel: 'warn',
    failOnWarn: true,
  });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published(manifest), undefined, 2)}\n`);
  for (const file of ['README.md', 'CHANGELOG.md'])
    if (existsSync(join(workspace, file))) await cp(join(workspace, file), join(folder, file));
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  for (const name of names.filter(isData)) {
    const data = name.slice(0, -'/*'.length);
    await cp(join(workspace, data), join(folder, data), { recursive: true });
  }
  await refuseFaults(folder);
}

/** Returns whether an export of a package is a folder of data rather than an entry point. */
function isData(name: string): boolean {
  return name.endsWith('/*');
}

/** Returns the file name for an entry point of a package: `./subscribe` → `subscribe`; `.` → `index`. */
function entryName(name: string): string {
  return name === '.' ? 'index' : name.slice('./'.length);
}

function published({ private: _, scripts: _s, devDependencies: _d, exports, ...manifest }: Manifest): object {
  const entries = Object.keys(exports).map((name) => {
    const built = `./${entryName(name)}`;
    return [name, isData(name) ? name : { types: `${built}.d.ts`, default: `${built}.js` }];
  });
  return { ...manifest, exports: Object.fromEntries(entries) };
}

async function refuseFaults(folder: string): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  if (messages.length === 0) return;
  throw new Error(messages.map((message) => formatMessage(message, pkg) ?? message.code).join('\n'));
}
