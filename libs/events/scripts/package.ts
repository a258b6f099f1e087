/**
 * The package as other teams install it: JavaScript and types of what its entries reach. That takes the Kafka bus
 * in, which is no package of its own: its files go along, and imports by its name become relative ones.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve } from 'node:path';
import ts from 'typescript';

const workspace = resolve(import.meta.dirname, '..');
const libs = resolve(workspace, '..');
const root = resolve(libs, '..');

/** Where the sources of a room go within the package. */
const places: readonly (readonly [source: string, place: string])[] = [
  ['events/src/', ''],
  ['bus/src/', 'bus/'],
];

/** What is imported by name and packed: its source, and its place within the package. */
const packed: Readonly<Record<string, { readonly source: string; readonly place: string }>> = {
  '@latchkey/bus': { source: 'bus/src/index.ts', place: 'bus/index.js' },
  '@latchkey/bus/kafka': { source: 'bus/src/kafka/index.ts', place: 'bus/kafka/index.js' },
};

const SPECIFIER = /(?<before>\bfrom |\bimport\(|\bimport )(?<quote>['"])(?<target>[^'"]+)\k<quote>/g;

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Writes the package into a folder, which is emptied first. @throws Error with what does not compile */
export async function writePackage(folder: string): Promise<void> {
  const manifest: Manifest = JSON.parse(await readFile(join(workspace, 'package.json'), 'utf8'));
  await rm(folder, { recursive: true, force: true });
  for (const [name, text] of compile(Object.values(manifest.exports))) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(published(manifest), undefined, 2)}\n`);
  await cp(join(workspace, 'README.md'), join(folder, 'README.md'));
  await cp(join(workspace, 'samples'), join(folder, 'samples'), { recursive: true });
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}

/** Each file of the package by its name in it. */
function compile(entries: readonly string[]): ReadonlyMap<string, string> {
  const program = ts.createProgram({
    rootNames: entries.map((entry) => join(workspace, entry)),
    options: {
      ...baseOptions(),
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      target: ts.ScriptTarget.ES2023,
      rootDir: libs,
      outDir: libs,
      // By name they would be found in node_modules, from where nothing is compiled.
      paths: Object.fromEntries(
        Object.entries(packed).map(([name, { source }]) => [name, [join(libs, source)]]),
      ),
    },
  });
  const files = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (path, text) => {
    const name = placeOf(path);
    files.set(name, withPackedImports(name, text));
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length > 0) throw new Error(ts.formatDiagnostics(faults, host));
  return files;
}

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => '\n',
};

function baseOptions(): ts.CompilerOptions {
  return ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    { ...ts.sys, readDirectory: () => [] },
    root,
  ).options;
}

function placeOf(path: string): string {
  const source = relative(libs, path).replaceAll('\\', '/');
  const found = places.find(([from]) => source.startsWith(from));
  if (found === undefined) throw new Error(`${source} must not be part of the package.`);
  const [from, place] = found;
  return place + source.slice(from.length);
}

/** Declarations keep the extension of their sources, and both keep the name of the bus. */
function withPackedImports(file: string, text: string): string {
  return text.replaceAll(SPECIFIER, (_all, before: string, quote: string, target: string) => {
    const place = packed[target]?.place;
    const written = place === undefined ? target : relativeTo(file, place);
    return `${before}${quote}${written.replace(/^(\.{1,2}\/.*)\.ts$/, '$1.js')}${quote}`;
  });
}

function relativeTo(file: string, place: string): string {
  const path = posix.relative(posix.dirname(file), place);
  return path.startsWith('.') ? path : `./${path}`;
}

function published({ private: _, scripts: _s, devDependencies: _d, exports, ...manifest }: Manifest): object {
  const entries = Object.entries(exports).map(([name, source]) => {
    const built = source.replace('./src/', './').replace(/\.ts$/, '');
    return [name, { types: `${built}.d.ts`, default: `${built}.js` }];
  });
  return { ...manifest, exports: Object.fromEntries(entries) };
}
