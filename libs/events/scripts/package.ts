/**
 * Builds the package for publication: the entry points of `package.json`, with the other packages of this repository
 * bundled.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'tsdown';

const workspace = resolve(import.meta.dirname, '..');

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/**
 * Writes the package into a folder, which is emptied first.
 * @throws Error if it does not compile, or publint reports errors
 */
export async function writePackage(folder: string): Promise<void> {
  const manifest: Manifest = JSON.parse(await readFile(join(workspace, 'package.json'), 'utf8'));
  const entries = Object.entries(manifest.exports).map(([name, source]) => [entryName(name), source]);
  await build({
    cwd: workspace,
    config: false,
    entry: Object.fromEntries(entries),
    outDir: folder,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    fixedExtension: false,
    dts: { eager: true },
    tsconfig: '../../tsconfig.json',
    inputOptions: { checks: { pluginTimings: false } },
    deps: { alwaysBundle: [/^@latchkey\//], neverBundle: ['zod', 'kafkajs'] },
    logLevel: 'warn',
    failOnWarn: true,
  });
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published(manifest), undefined, 2)}\n`);
  await cp(join(workspace, 'README.md'), join(folder, 'README.md'));
  await cp(join(workspace, 'samples'), join(folder, 'samples'), { recursive: true });
  await cp(join(workspace, 'conformance'), join(folder, 'conformance'), { recursive: true });
  await cp(join(workspace, 'vectors'), join(folder, 'vectors'), { recursive: true });
  await cp(join(workspace, '../../LICENSE'), join(folder, 'LICENSE'));
  await refuseFaults(folder);
}

/** Returns the file name of an entry point: `./subscribe` → `subscribe`; `.` → `index`. */
function entryName(name: string): string {
  return name === '.' ? 'index' : name.slice('./'.length);
}

function published({ private: _, scripts: _s, devDependencies: _d, exports, ...manifest }: Manifest): object {
  const entries = Object.keys(exports).map((name) => {
    const built = `./${entryName(name)}`;
    return [name, { types: `${built}.d.ts`, default: `${built}.js` }];
  });
  const data = ['./samples/*', './conformance/*', './vectors/*'].map((name) => [name, name]);
  return { ...manifest, exports: Object.fromEntries([...entries, ...data]) };
}

async function refuseFaults(folder: string): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  if (messages.length === 0) return;
  throw new Error(messages.map((message) => formatMessage(message, pkg) ?? message.code).join('\n'));
}
